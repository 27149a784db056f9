//! Undoing one migration with the down script that was recorded with it.
//!
//! The recorded script counts, not the one in the files: it belongs to the migration as it was
//! applied, and it is there even for a command that does not know the migration any more.

use std::path::PathBuf;
use std::time::Instant;

use super::event::Event;
use super::history::{self, AppliedMigration};
use super::lock::RunnerLock;
use super::outcome::Step;
use super::{Migrator, retry, statements};
use crate::error::{Error, Result};
use crate::migration::{MigrationSet, Script};

/// A history row with the script that undoes it.
#[derive(Clone, Debug)]
pub(super) struct Reversal<'a> {
    pub(super) applied: &'a AppliedMigration,
    script: Script,
    /// Whether the files have another one by now.
    differs_from_files: bool,
}

impl<'a> Reversal<'a> {
    /// Finds the script, and refuses a migration that has none.
    pub(super) fn of(applied: &'a AppliedMigration, set: &MigrationSet) -> Result<Self> {
        let step = Step::new(applied.version, &applied.name);
        if applied.irreversible {
            return Err(Error::failure(format!("{step} is irreversible")).hint(
                "Its author declared that nothing can undo it. Write a new migration that \
                 leads on from here.",
            ));
        }
        let in_files = down_in_files(applied, set);
        let script = script(applied, in_files);
        Ok(Self {
            applied,
            differs_from_files: in_files.is_some_and(|in_files| *in_files != script),
            script,
        })
    }

    /// Says what became of the failed attempt, and why mending the file alone does not help.
    fn failed(&self, error: Error) -> Error {
        let step = Step::new(self.applied.version, &self.applied.name);
        let error = statements::failed(error, &step, self.applied.transactional);
        if !self.differs_from_files {
            return error;
        }
        error.and_hint(
            "What ran is the step down as it was recorded with the migration. If the one in the \
             files is right: \"steward migrate verify --restamp\" records that.",
        )
    }
}

fn down_in_files<'a>(applied: &AppliedMigration, set: &'a MigrationSet) -> Option<&'a Script> {
    set.migrations
        .iter()
        .find(|migration| migration.version == applied.version)
        .and_then(|migration| migration.down.as_ref())
}

/// The recorded script, at the place in the files that it came from if that is unchanged.
fn script(applied: &AppliedMigration, in_files: Option<&Script>) -> Script {
    // A row that another tool wrote has no script: the files are all there is.
    let recorded = match (&applied.set_name, in_files) {
        (None, Some(in_files)) => return in_files.clone(),
        _ => applied.down_script.clone().unwrap_or_default(),
    };
    match in_files.filter(|script| script.sql == recorded) {
        Some(in_files) => in_files.clone(),
        None => Script {
            sql: recorded,
            file: PathBuf::from(format!(
                "{}, down_script of version {}",
                history::TABLE,
                applied.version
            )),
            first_line: 1,
        },
    }
}

impl Migrator<'_> {
    /// Undoes one migration and deletes its history row.
    pub(super) fn revert(&mut self, lock: RunnerLock, reversal: &Reversal<'_>) -> Result<Step> {
        let applied = reversal.applied;
        let step = Step::new(applied.version, &applied.name);
        self.observer.event(&Event::Begun(&step));
        let started = Instant::now();
        if applied.transactional {
            let observer = self.observer;
            let retries = self.options.lock_retries;
            retry::on_lock_timeout(retries, &step.to_string(), observer, || {
                self.begin(lock)?;
                let done = statements::run_script(self.client, &reversal.script, observer)
                    .and_then(|()| self.forget(applied));
                self.end(done)
            })
            .map_err(|error| reversal.failed(error))?;
        } else {
            self.run_by_statement(lock, &reversal.script)
                .map_err(|error| reversal.failed(error))?;
            self.begin(lock)?;
            let done = self.forget(applied);
            self.end(done)?;
        }
        let step = step.took(started.elapsed());
        self.observer.event(&Event::Reverted(&step));
        Ok(step)
    }

    fn forget(&mut self, applied: &AppliedMigration) -> Result<()> {
        self.client.batch_execute("reset role")?;
        history::delete(self.client, self.schema, applied)
    }
}
