//! stable_states: being written.

use super::Gallery;
use crate::cli::CliError;

pub(super) fn draw(_gallery: &mut Gallery) -> Result<(), CliError> {
    Ok(())
}
