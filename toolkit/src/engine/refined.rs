//! Migrations as refinery has them: it computes the checksums, and it runs them.

use std::error::Error as _;

use crate::error::{Error, Result};
use crate::migration::Migration;

/// refinery's form of a migration.
pub(super) fn migration(migration: &Migration) -> Result<refinery::Migration> {
    let file_name = format!("V{}__{}", migration.version, migration.name);
    let refined = refinery::Migration::unapplied(&file_name, &migration.up.sql)
        .map_err(|error| Error::usage(error.to_string()).at(&migration.up.file, 1))?;
    // refinery cuts a name off at the first character that it does not expect.
    if refined.name() == migration.name {
        return Ok(refined);
    }
    Err(Error::usage(format!(
        "the migration's name \"{}\" holds something else than letters, digits and underscores",
        migration.name
    ))
    .at(&migration.up.file, 1))
}

/// refinery's checksum of version, name and SQL.
pub(super) fn checksum(file: &Migration) -> Result<u64> {
    migration(file).map(|refined| refined.checksum())
}

/// The error that refinery wraps; ours, since the connection that refinery works on is ours.
pub(super) fn unwrap(error: &refinery::Error) -> Error {
    error
        .source()
        .and_then(|source| source.downcast_ref::<Error>())
        .cloned()
        .unwrap_or_else(|| Error::failure(error.to_string()))
}
