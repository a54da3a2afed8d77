//! Data and training runs that several figures need, made once.

use super::Gallery;
use crate::cli::CliError;
use crate::data::{Dataset, Expect};
use std::rc::Rc;

/// What has been made so far.
#[derive(Default)]
pub(super) struct Runs {
    data: Option<Rc<Dataset>>,
}

impl Gallery<'_> {
    /// The data of the options.
    pub fn data(&mut self) -> Result<Rc<Dataset>, CliError> {
        if let Some(data) = &self.runs.data {
            return Ok(Rc::clone(data));
        }
        let data = Rc::new(self.options.data.load(Expect::Spins)?);
        Ok(Rc::clone(self.runs.data.insert(data)))
    }
}
