//! The result type of the machine.

use super::error::RbmError;
/// Result with the module's [`RbmError`].
pub type Result<T> = std::result::Result<T, RbmError>;
