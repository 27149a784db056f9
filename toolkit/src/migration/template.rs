//! What `steward migrate new` writes.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The two files of a new migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMigration {
    /// Its version: the UTC time, as `YYYYMMDDHHMMSS`.
    pub version: i64,
    /// The file for the step up.
    pub up: PathBuf,
    /// The file for the step down.
    pub down: PathBuf,
}

/// Writes the two files of a migration called `name` into `folder`, for the user to fill in.
///
/// # Errors
/// A name that no file can bear, or a folder that cannot be written to.
pub fn create(folder: &Path, name: &str) -> Result<NewMigration> {
    Err(Error::failure(format!(
        "{}: {name} not written yet",
        folder.display()
    )))
}
