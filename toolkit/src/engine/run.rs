//! Running a script outside of any transaction, for what PostgreSQL cannot do inside one.
//!
//! Nothing undoes the statements before the one that fails. So the error says how many they are,
//! and what a failed CREATE INDEX CONCURRENTLY leaves is cleared away.

use std::time::Duration;

use super::concurrent_index::ConcurrentIndex;
use super::event::Event;
use super::lock::{self, RunnerLock};
use super::simple_query::rows;
use super::{Migrator, WATCH_CLIENT, retry, statements};
use crate::error::{Error, Result};
use crate::migration::{Script, Statement};

impl Migrator<'_> {
    /// Runs each statement of the script by itself.
    pub(super) fn run_by_statement(&mut self, lock: RunnerLock, script: &Script) -> Result<()> {
        let answer = rows(
            self.client,
            &format!(
                "reset all; set search_path = {}; {WATCH_CLIENT}; select {} as held",
                self.schema.identifier(),
                lock.held()
            ),
        )?;
        lock::verify(&answer)?;
        let statements = script.statements();
        // A statement cannot be tried again inside of a transaction that has failed.
        let has_transactions = statements.iter().any(begins_transaction);
        let retries = if has_transactions {
            0
        } else {
            self.options.lock_retries
        };
        for (done, statement) in statements.iter().enumerate() {
            let what = format!("{}:{}", script.file.display(), statement.line);
            let observer = self.observer;
            retry::on_lock_timeout(retries, &what, observer, || {
                self.run_alone(script, statement)
            })
            .inspect_err(|_| {
                if has_transactions {
                    self.rollback();
                }
            })
            .map_err(|error| half_done(error, done, statements.len()))?;
        }
        Ok(())
    }

    fn run_alone(&mut self, script: &Script, statement: &Statement<'_>) -> Result<()> {
        if let Some(index) = ConcurrentIndex::parse(statement.text) {
            return self.build_index(&index, script, statement);
        }
        self.set_lock_timeout(self.options.lock_timeout)?;
        statements::run(self.client, &script.file, statement, self.observer)
    }

    fn build_index(
        &mut self,
        index: &ConcurrentIndex,
        script: &Script,
        statement: &Statement<'_>,
    ) -> Result<()> {
        // It waits for older transactions to end, but nobody has to wait for it meanwhile.
        self.set_lock_timeout(Duration::ZERO)?;
        let before = index.invalid(self.client)?;
        self.drop_invalid(index, &before)?;
        let built = statements::run(self.client, &script.file, statement, self.observer);
        let Err(error) = built else {
            return Ok(());
        };
        if self.client.is_closed() {
            return Err(error.and_hint(
                "If it has left an INVALID index, the next \"steward migrate up\" drops it first.",
            ));
        }
        let dropped = self.drop_invalid(index, &before)?;
        Err(match dropped.as_slice() {
            [] => error,
            dropped => error.and_hint(format!(
                "The INVALID index that it left was dropped: {}.",
                dropped.join(", ")
            )),
        })
    }

    fn drop_invalid(&mut self, index: &ConcurrentIndex, before: &[String]) -> Result<Vec<String>> {
        let dropped = index.drop_invalid(self.client, before)?;
        for index in &dropped {
            self.observer.event(&Event::InvalidIndexDropped(index));
        }
        Ok(dropped)
    }

    fn set_lock_timeout(&mut self, timeout: Duration) -> Result<()> {
        let sql = format!("set lock_timeout = {}", timeout.as_millis());
        Ok(self.client.batch_execute(&sql)?)
    }
}

fn begins_transaction(statement: &Statement<'_>) -> bool {
    statement
        .text
        .split_whitespace()
        .next()
        .is_some_and(|first| ["begin", "start"].contains(&first.to_lowercase().as_str()))
}

/// Says what remains of a script that failed after `done` of `all` statements.
fn half_done(error: Error, done: usize, all: usize) -> Error {
    if done == 0 {
        return error;
    }
    error.and_hint(format!(
        "The migration runs without a transaction: {done} of its {all} statements were done and \
         remain, and the history does not have it. Undo them, or write them so that they can be \
         run again (IF NOT EXISTS), and then run the migration again."
    ))
}
