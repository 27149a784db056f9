//! Which migrations a command means: decided from files and history alone, before anything runs.

use super::comparison::Comparison;
use super::history::AppliedMigration;
use crate::error::{Error, Result};
use crate::migration::{Migration, MigrationSet};

/// How far up to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpTo {
    /// Everything that is pending.
    Latest,
    /// Everything up to this version, which is included.
    Version(i64),
    /// So many of the pending migrations.
    Steps(usize),
}

/// How far down to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DownTo {
    /// Until nothing is applied.
    Nothing,
    /// Until this version is the newest; it stays. 0 stands before the first.
    Version(i64),
    /// So many of the applied migrations.
    Steps(usize),
}

/// The migrations to apply, ascending.
pub(super) fn up<'a>(
    set: &MigrationSet,
    comparison: &Comparison<'a>,
    goal: UpTo,
) -> Result<Vec<&'a Migration>> {
    let unapplied = comparison.unapplied();
    Ok(match goal {
        UpTo::Latest => unapplied,
        UpTo::Steps(steps) => unapplied.into_iter().take(steps).collect(),
        UpTo::Version(version) => {
            must_be_a_file(set, version)?;
            up_to(unapplied, version)
        }
    })
}

/// The migrations to undo, newest first.
pub(super) fn down(history: &[AppliedMigration], goal: DownTo) -> Result<Vec<&AppliedMigration>> {
    let newest_first = history.iter().rev();
    Ok(match goal {
        DownTo::Nothing | DownTo::Version(0) => newest_first.collect(),
        DownTo::Steps(steps) => newest_first.take(steps).collect(),
        DownTo::Version(version) => {
            if history.iter().all(|applied| applied.version != version) {
                return Err(Error::usage(format!("version {version} is not applied"))
                    .hint("\"steward migrate status\" lists what is; 0 stands before the first."));
            }
            newest_first
                .take_while(|applied| applied.version > version)
                .collect()
        }
    })
}

/// What to undo, newest first, and then to apply, ascending, so that `version` is the newest.
pub(super) fn goto<'a>(
    set: &MigrationSet,
    comparison: &Comparison<'a>,
    history: &'a [AppliedMigration],
    version: i64,
) -> Result<(Vec<&'a AppliedMigration>, Vec<&'a Migration>)> {
    if version == 0 {
        return Ok((down(history, DownTo::Nothing)?, Vec::new()));
    }
    must_be_a_file(set, version)?;
    let undone = history
        .iter()
        .rev()
        .take_while(|applied| applied.version > version)
        .collect();
    Ok((undone, up_to(comparison.unapplied(), version)))
}

/// The migrations to record up to `version`, ascending.
pub(super) fn baseline<'a>(
    set: &MigrationSet,
    comparison: &Comparison<'a>,
    version: i64,
) -> Result<Vec<&'a Migration>> {
    must_be_a_file(set, version)?;
    Ok(up_to(comparison.unapplied(), version))
}

fn up_to(unapplied: Vec<&Migration>, version: i64) -> Vec<&Migration> {
    unapplied
        .into_iter()
        .take_while(|migration| migration.version <= version)
        .collect()
}

fn must_be_a_file(set: &MigrationSet, version: i64) -> Result<()> {
    if set.migrations.iter().any(|one| one.version == version) {
        return Ok(());
    }
    Err(Error::usage(format!(
        "\"{}\" has no migration with version {version}",
        set.name
    ))
    .hint("\"steward migrate status\" lists the versions."))
}
