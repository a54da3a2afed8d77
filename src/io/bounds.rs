//! How much memory a file may ask for. A file can state any size, so that sizes are checked against its length.

use super::content::damaged;
use std::io::{self, ErrorKind};

/// Largest size of an array of parameters, as a multiple of the file's length. Computed numbers hardly compress;
/// weights of two values in double precision, packed to a bit each, gain 64.
pub(crate) const PARAMETERS: Unpacking = Unpacking { ratio: 100, free: 4 << 20 };
/// Largest size of an array of samples: spins in double precision may be nearly all equal. Deflate's own limit is 1032.
pub(crate) const UNPACKED_SAMPLES: Unpacking = Unpacking { ratio: 500, free: 64 << 20 };

/// Smaller pieces of memory are not checked in advance.
const SMALL: u64 = 64 << 20;

/// Largest size of an array when it is unpacked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unpacking {
    /// As a multiple of the file's length.
    ratio: u64,
    /// Bytes that are allowed even for the shortest file.
    free: u64,
}

impl Unpacking {
    /// Checks an array of `bytes` in a file of `length` bytes.
    pub(crate) fn check(self, name: &str, bytes: u64, length: u64) -> io::Result<()> {
        if bytes <= self.free.max(self.ratio.saturating_mul(length)) {
            return Ok(());
        }
        Err(damaged(format!(
            "{name} would unpack to {}, more than {} times the file's length: meaningful numbers do not compress so well",
            megabytes(bytes),
            self.ratio
        )))
    }
}

/// Checks that this much memory is available, so that a file that is too large is an error and does not end the
/// process.
pub(crate) fn room_for(name: &str, bytes: u64) -> io::Result<()> {
    if bytes <= SMALL {
        return Ok(());
    }
    let room = usize::try_from(bytes).is_ok_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok());
    if room {
        return Ok(());
    }
    let reason = format!("{name} needs {} of memory, which is not available", megabytes(bytes));
    Err(io::Error::new(ErrorKind::OutOfMemory, reason))
}

/// A size in megabytes, for messages.
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}
