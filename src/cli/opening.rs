//! Opens model files given to a command, and records their checksums.

use super::error::CliError;
use crate::simulator::machine::{ModelError, ModelReader, Units};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Opens a model file; a linear machine is accepted only if `linear`.
pub(super) fn open_model(path: &Path, units: Option<Units>, linear: bool) -> Result<ModelReader, CliError> {
    open_with(ModelReader::open, path, units, linear)
}

/// Opens a model file with one of the reader's methods.
pub(super) fn open_with(
    open: fn(&Path, Option<Units>) -> Result<ModelReader, ModelError>,
    path: &Path,
    units: Option<Units>,
    linear: bool,
) -> Result<ModelReader, CliError> {
    match open(path, units) {
        Err(ModelError::ModelType { .. }) if linear && units.is_none() => Ok(open(path, Some(Units::Gaussian))?),
        Err(error @ ModelError::Units { .. }) if units.is_none() => {
            Err(CliError::Input(format!("{error} with --units")))
        }
        other => Ok(other?),
    }
}

/// Records the SHA-256 of a file, or compares it with the one recorded when the command was first run.
pub(super) fn note_checksum(path: &Path, noted: &mut Option<String>) -> Result<(), CliError> {
    let found = checksum(path).map_err(|error| CliError::Input(format!("cannot read {}: {error}", path.display())))?;
    match noted {
        Some(noted) if *noted != found => Err(CliError::Input(format!(
            "{} is not the file that was used first: its SHA-256 is {found}, and was {noted}",
            path.display()
        ))),
        _ => {
            *noted = Some(found);
            Ok(())
        }
    }
}

/// SHA-256 of a file, without keeping the file in memory.
pub(super) fn checksum(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            count => hash.update(&piece[..count]),
        }
    }
}
