//! Applying one migration: refinery runs it and writes its row; what "run" means is decided here.
//!
//! refinery's own driver would create its table for a mere question, compare by its own rules,
//! and give no transaction a say. So a connection of our own stands below it: it takes over the
//! comparison that was made already, and wraps what refinery sends in a transaction that holds the
//! lock, the search path, and the values for the history row.

use std::time::{Duration, Instant};

use refinery::{Runner, Target};
use refinery_core::Migrate;
use refinery_core::traits::sync::{Query, Transaction};

use super::event::Event;
use super::lock::RunnerLock;
use super::outcome::Step;
use super::{Migrator, history, refined, retry, statements};
use crate::error::{Error, Result};
use crate::migration::Migration;

impl Migrator<'_> {
    /// Applies one migration.
    pub(super) fn apply(&mut self, lock: RunnerLock, migration: &Migration) -> Result<Step> {
        let step = Step::new(migration.version, &migration.name);
        self.observer.event(&Event::Begun(&step));
        let observer = self.observer;
        // Without a transaction each statement is tried again by itself.
        let retries = if migration.transactional {
            self.options.lock_retries
        } else {
            0
        };
        let duration = retry::on_lock_timeout(retries, &step.to_string(), observer, || {
            let mut session = Session::new(self, lock, Work::Apply(migration));
            session.run(&[migration], Target::Version(migration.version))?;
            Ok(session.duration)
        })
        .map_err(|error| statements::failed(error, &step, migration.transactional))?;
        let step = step.took(duration);
        observer.event(&Event::Applied(&step));
        Ok(step)
    }

    /// Records migrations, all of them or none, without running them.
    pub(super) fn record(
        &mut self,
        lock: RunnerLock,
        migrations: &[&Migration],
    ) -> Result<Vec<Step>> {
        let observer = self.observer;
        Session::new(self, lock, Work::Record(migrations)).run(migrations, Target::Fake)?;
        let steps: Vec<_> = migrations
            .iter()
            .map(|migration| Step::new(migration.version, &migration.name))
            .collect();
        for step in &steps {
            observer.event(&Event::Recorded(step));
        }
        Ok(steps)
    }
}

/// What refinery is made to do.
#[derive(Clone, Copy)]
enum Work<'a> {
    /// Run this migration and write its row.
    Apply(&'a Migration),
    /// Write the rows of these.
    Record(&'a [&'a Migration]),
}

/// The connection as refinery sees it.
struct Session<'a, 'b> {
    migrator: &'a mut Migrator<'b>,
    lock: RunnerLock,
    work: Work<'a>,
    duration: Duration,
}

impl<'a, 'b> Session<'a, 'b> {
    fn new(migrator: &'a mut Migrator<'b>, lock: RunnerLock, work: Work<'a>) -> Self {
        Self {
            migrator,
            lock,
            work,
            duration: Duration::ZERO,
        }
    }

    fn run(&mut self, migrations: &[&Migration], target: Target) -> Result<()> {
        let refined = migrations
            .iter()
            .map(|migration| refined::migration(migration))
            .collect::<Result<Vec<_>>>()?;
        let mut runner = Runner::new(&refined).set_grouped(true).set_target(target);
        runner.set_migration_table_name(history::table(self.migrator.schema));
        match runner.run(self) {
            Ok(_) => Ok(()),
            Err(error) => Err(refined::unwrap(&error)),
        }
    }

    /// The migration and its row in one transaction.
    fn apply_in_transaction(&mut self, migration: &Migration, insert: &str) -> Result<()> {
        let started = Instant::now();
        self.migrator.begin(self.lock)?;
        let done =
            statements::run_script(self.migrator.client, &migration.up, self.migrator.observer)
                .and_then(|()| self.insert(migration, insert, false, started.elapsed()));
        self.migrator.end(done)?;
        self.duration = started.elapsed();
        Ok(())
    }

    /// Each statement by itself, and then the row.
    fn apply_by_statement(&mut self, migration: &Migration, insert: &str) -> Result<()> {
        let started = Instant::now();
        self.migrator.run_by_statement(self.lock, &migration.up)?;
        self.duration = started.elapsed();
        self.migrator.begin(self.lock)?;
        let done = self.insert(migration, insert, false, self.duration);
        self.migrator.end(done)
    }

    fn record(&mut self, migrations: &[&Migration], inserts: &[&str]) -> Result<()> {
        self.migrator.begin(self.lock)?;
        let done = migrations
            .iter()
            .zip(inserts)
            .try_for_each(|(migration, insert)| {
                self.insert(migration, insert, true, Duration::ZERO)
            });
        self.migrator.end(done)
    }

    /// refinery's INSERT, with the values of our columns.
    fn insert(
        &mut self,
        migration: &Migration,
        insert: &str,
        baseline: bool,
        duration: Duration,
    ) -> Result<()> {
        let settings = history::settings(&self.migrator.set.name, migration, baseline, duration);
        // The migration may have changed its role; the row is written by the one that connected.
        self.migrator
            .client
            .batch_execute(&format!("reset role; {settings} {insert}"))?;
        Ok(())
    }
}

impl Transaction for Session<'_, '_> {
    type Error = Error;

    fn execute<'q, T: Iterator<Item = &'q str>>(&mut self, queries: T) -> Result<usize> {
        let queries: Vec<_> = queries.collect();
        match (self.work, queries.as_slice()) {
            (Work::Record(migrations), inserts) => self.record(migrations, inserts)?,
            (Work::Apply(migration), [_, insert]) if migration.transactional => {
                self.apply_in_transaction(migration, insert)?;
            }
            (Work::Apply(migration), [_, insert]) => self.apply_by_statement(migration, insert)?,
            (Work::Apply(_), other) => {
                return Err(Error::failure(format!(
                    "refinery sent {} queries for one migration",
                    other.len()
                )));
            }
        }
        Ok(queries.len())
    }
}

impl Query<Vec<refinery::Migration>> for Session<'_, '_> {
    fn query(&mut self, query: &str) -> Result<Vec<refinery::Migration>> {
        Ok(Query::query(self.migrator.client, query)?)
    }
}

impl Migrate for Session<'_, '_> {
    /// The comparison was made under the lock; what is handed over is what is to be done.
    fn get_unapplied_migrations(
        &mut self,
        migrations: &[refinery::Migration],
        _abort_divergent: bool,
        _abort_missing: bool,
        _table: &str,
    ) -> std::result::Result<Vec<refinery::Migration>, refinery::Error> {
        Ok(migrations.to_vec())
    }
}
