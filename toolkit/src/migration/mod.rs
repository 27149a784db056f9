//! Migrations as values: what a folder or a blueprint holds, before any server is asked.
//!
//! [`source`] reads a set; the other modules each hold one rule of it. Everything that can be
//! wrong with a set is found while it is read, so that nothing is run of a set that is not sound.

mod client_side;
pub mod directives;
pub mod file_name;
pub mod sections;
pub mod source;
pub mod statements;
pub mod template;
mod tokens;
mod transaction;

use std::path::PathBuf;

pub use self::source::{SourceFile, from_files, read_folder};
pub use self::statements::Statement;

/// The migrations of one folder or blueprint, in ascending order of their versions.
#[derive(Clone, Debug)]
pub struct MigrationSet {
    /// What the history row records: a blueprint's name, or the folder's.
    pub name: String,
    /// Ascending by version, without duplicates.
    pub migrations: Vec<Migration>,
}

/// One version: a step up and, unless it is irreversible, the step down that undoes it.
#[derive(Clone, Debug)]
pub struct Migration {
    /// The number that orders it: a timestamp, or 1, 2, 3.
    pub version: i64,
    /// What it does, as its file name says: `create_users`.
    pub name: String,
    /// What `migrate up` runs.
    pub up: Script,
    /// What `migrate down` runs; none where the migration says that it is irreversible.
    pub down: Option<Script>,
    /// False for `-- steward: no-transaction`: each statement commits by itself, in both
    /// directions.
    pub transactional: bool,
    /// True for `-- steward: requires-extension`: the extension is created before it, though its
    /// SQL does not show that it calls it.
    pub requires_extension: bool,
}

/// SQL together with the place it was read from, so that an error can name file and line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The SQL to run. For a file without sections it is the file's text, with LF line endings
    /// and without a byte order mark; an outer `begin` and `commit` are blanked out.
    pub sql: String,
    /// The file it was read from (for a blueprint, its path within `sql/`).
    pub file: PathBuf,
    /// The line of the file on which `sql` begins, counted from 1.
    pub first_line: usize,
}

impl Script {
    /// The statements, one by one, for what cannot be sent as a whole.
    #[must_use]
    pub fn statements(&self) -> Vec<Statement<'_>> {
        statements::split(&self.sql, self.first_line)
    }

    /// The line of the file at `position`, a character of `sql` counted from 1, as the server
    /// reports the place of an error.
    #[must_use]
    pub fn line_of(&self, position: usize) -> usize {
        self.first_line + statements::line_of(&self.sql, position) - 1
    }
}
