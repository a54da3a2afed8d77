//! What a figure consists of.

use super::claim::Claim;
use crate::io::Table;
use crate::plot::Figure;

/// A figure as it was made: drawings, the tables of what they show, and claims.
#[derive(Debug, Default)]
pub struct Made {
    /// Drawings and tables, in the order in which they are written.
    pub files: Vec<File>,
    /// What is claimed of the figure, and what was found.
    pub claims: Vec<Claim>,
    /// What there is to say beside.
    pub notes: Vec<String>,
}

/// A drawing or a table.
#[derive(Debug)]
pub struct File {
    /// Its name, without the ending.
    pub name: String,
    /// What it holds.
    pub content: Shown,
    /// Whether it holds measured times, which differ from run to run.
    pub timed: bool,
}

/// Content of a file.
#[derive(Debug)]
pub enum Shown {
    /// A drawing.
    Drawing(Box<Figure>),
    /// A table.
    Table(Table),
}

impl Made {
    /// Adds a drawing.
    pub(super) fn draw(&mut self, name: impl Into<String>, figure: Figure) {
        self.files.push(File { name: name.into(), content: Shown::Drawing(Box::new(figure)), timed: false });
    }

    /// Adds a table.
    pub(super) fn table(&mut self, name: impl Into<String>, table: Table) {
        self.files.push(File { name: name.into(), content: Shown::Table(table), timed: false });
    }
}
