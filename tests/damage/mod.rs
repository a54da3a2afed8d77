//! Random changes of a file, which proptest shrinks to the few that matter.

use proptest::collection::vec;
use proptest::prelude::*;

/// One change of a file; positions are fractions of its length.
#[derive(Clone, Debug)]
pub enum Change {
    Byte(f64, u8),
    Bit(f64, u8),
    /// A word of 2, 4 or 8 bytes, little- or big-endian, at its own alignment: sizes and counts.
    Word(f64, u8, bool, u64),
    Copy(f64, f64, usize),
    Insert(f64, Vec<u8>),
    Remove(f64, usize),
    Truncate(f64),
}

impl Change {
    /// Makes the change.
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        if length == 0 {
            return;
        }
        let place = |fraction: f64| ((fraction * length as f64) as usize).min(length - 1);
        match self {
            Change::Byte(at, value) => bytes[place(*at)] = *value,
            Change::Bit(at, bit) => bytes[place(*at)] ^= 1 << (bit % 8),
            Change::Word(at, power, big, value) => {
                let width = 2usize << (power % 3);
                let at = place(*at) / width * width;
                let word = if *big {
                    value.to_be_bytes()[8 - width..].to_vec()
                } else {
                    value.to_le_bytes()[..width].to_vec()
                };
                let end = length.min(at + width);
                bytes[at..end].copy_from_slice(&word[..end - at]);
            }
            Change::Copy(from, to, count) => {
                let (from, to) = (place(*from), place(*to));
                let count = (*count).min(length - from.max(to));
                bytes.copy_within(from..from + count, to);
            }
            Change::Insert(at, piece) => {
                let at = place(*at);
                bytes.splice(at..at, piece.iter().copied());
            }
            Change::Remove(at, count) => {
                let at = place(*at);
                bytes.drain(at..length.min(at + count));
            }
            Change::Truncate(at) => bytes.truncate(place(*at)),
        }
    }
}

/// A random change.
pub fn change() -> impl Strategy<Value = Change> {
    let telling = prop_oneof![
        Just(0u64),
        Just(1),
        Just(0x7fff_ffff),
        Just(u64::from(u32::MAX)),
        Just(1 << 33),
        Just(1 << 40),
        Just(i64::MAX as u64),
        Just(u64::MAX),
        any::<u64>(),
    ];
    let at = || 0.0..1.0;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, value)| Change::Byte(at, value)),
        4 => (at(), any::<u8>()).prop_map(|(at, bit)| Change::Bit(at, bit)),
        4 => (at(), any::<u8>(), any::<bool>(), telling).prop_map(|(at, width, big, value)| Change::Word(at, width, big, value)),
        2 => (at(), at(), 1usize..64).prop_map(|(from, to, count)| Change::Copy(from, to, count)),
        1 => (at(), vec(any::<u8>(), 1..16)).prop_map(|(at, piece)| Change::Insert(at, piece)),
        1 => (at(), 1usize..64).prop_map(|(at, count)| Change::Remove(at, count)),
        1 => at().prop_map(Change::Truncate),
    ]
}
