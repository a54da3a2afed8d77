//! How much memory a file may ask for: what it states of sizes costs it nothing.

use super::content::damaged;
use std::io::{self, ErrorKind};

/// Most times its file's length that an array of parameters unpacks to. Compression of numbers that were computed gains little;
/// weights of two values in double precision, packed to a bit each, gain 64.
pub(crate) const PARAMETERS: Unpacking = Unpacking { ratio: 100, free: 4 << 20 };
/// The same for samples: spins in double precision that are nearly all equal. Deflate's own limit is 1032.
pub(crate) const UNPACKED_SAMPLES: Unpacking = Unpacking { ratio: 500, free: 64 << 20 };

/// Smaller pieces of memory are not asked for in advance.
const SMALL: u64 = 64 << 20;

/// What an array may unpack to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unpacking {
    /// As a multiple of the file's length.
    ratio: u64,
    /// Bytes allowed to the shortest file.
    free: u64,
}

impl Unpacking {
    /// Checks an array of `bytes` in a file of `length` bytes.
    pub(crate) fn check(self, name: &str, bytes: u64, length: u64) -> io::Result<()> {
        if bytes <= self.free.max(self.ratio.saturating_mul(length)) {
            return Ok(());
        }
        Err(damaged(format!(
            "{name} would unpack to {}, more than {} times the file's length: no numbers that mean something are so regular",
            megabytes(bytes),
            self.ratio
        )))
    }
}

/// Checks that so much memory can be had, so that a file too large for the machine is an error and not the process's end.
pub(crate) fn room_for(name: &str, bytes: u64) -> io::Result<()> {
    if bytes <= SMALL {
        return Ok(());
    }
    let room = usize::try_from(bytes).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok());
    if room {
        return Ok(());
    }
    let reason = format!("{name} needs {} of memory, which is not there", megabytes(bytes));
    Err(io::Error::new(ErrorKind::OutOfMemory, reason))
}

/// A size for people.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
