//! A claim of a figure beside what was found.

use serde::Serialize;

/// A statement of the letter (or of the theory about a figure), beside what was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// Name of the figure that shows it.
    pub figure: String,
    /// What is claimed.
    pub statement: String,
    /// The value or behaviour that is expected, in words.
    pub expected: String,
    /// What was found, in the same words.
    pub found: String,
    /// Whether what was found is what was expected; `None` if that cannot be said, as the remark explains.
    pub holds: Option<bool>,
    /// Why the finding differs, or what must be known to read it; empty if there is nothing to add.
    pub remark: String,
}

impl Claim {
    /// A claim of a figure, without a remark.
    pub fn new(
        figure: &str,
        statement: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
        holds: Option<bool>,
    ) -> Self {
        let (statement, expected, found) = (statement.into(), expected.into(), found.into());
        Self { figure: figure.to_owned(), statement, expected, found, holds, remark: String::new() }
    }

    /// Same, with a remark if it does not hold.
    pub fn otherwise(self, remark: &str) -> Self {
        if self.holds == Some(false) { self.remark(remark) } else { self }
    }

    /// Same, with a remark after the existing ones.
    pub fn remark(mut self, remark: impl Into<String>) -> Self {
        let remark = remark.into();
        self.remark = if self.remark.is_empty() || remark.is_empty() {
            self.remark + &remark
        } else {
            self.remark + "; " + &remark
        };
        self
    }
}
