//! Migrations as values: what a folder or a blueprint holds, before any server is asked.

use std::path::PathBuf;

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
    /// False for `-- steward: no-transaction`: each statement commits by itself.
    pub transactional: bool,
}

/// SQL together with the place it was read from, so that an error can name file and line.
#[derive(Clone, Debug)]
pub struct Script {
    /// The SQL to run. For a file without sections it is the file's bytes, unchanged.
    pub sql: String,
    /// The file it was read from (for a blueprint, its path within `sql/`).
    pub file: PathBuf,
    /// The line of the file on which `sql` begins, counted from 1.
    pub first_line: usize,
}
