//! The commands of the engine: each takes the lock, looks, decides everything that can be decided
//! before the first change, and then works through its steps.

use super::comparison::{self, Comparison, State};
use super::event::Event;
use super::history::AppliedMigration;
use super::lock::RunnerLock;
use super::outcome::{Outcome, Step};
use super::prepare::Preparation;
use super::revert::Reversal;
use super::selection::{self, DownTo, UpTo};
use super::survey::{Presence, Survey};
use super::{Migrator, history, refined};
use crate::error::{Error, Result};
use crate::migration::Migration;

/// What an operation stands on: the lock, and what was found once it was held.
struct Ground {
    lock: RunnerLock,
    survey: Survey,
    history: Vec<AppliedMigration>,
}

/// Asks for consent to what is about to be destroyed, and fails if it is not given.
pub type Consent<'a> = &'a dyn Fn(&[Step]) -> Result<()>;

impl<'a> Migrator<'a> {
    /// Applies what is pending, up to `goal`.
    ///
    /// # Errors
    /// The files and the history disagree, another runner holds the lock, or a migration fails;
    /// those before it stay applied.
    pub fn up(&mut self, goal: UpTo) -> Result<Outcome> {
        self.locked(|migrator, ground| {
            let comparison = Comparison::of(migrator.set, &ground.history)?;
            comparison.must_agree(migrator.options.allow_out_of_order)?;
            let pending = selection::up(migrator.set, &comparison, goal)?;
            let mut outcome = Outcome::default();
            migrator.apply_all(ground.lock, &ground.survey, &pending, &mut outcome)?;
            Ok(outcome)
        })
    }

    /// The migrations that [`Migrator::up`] would apply, and what it would create before.
    ///
    /// # Errors
    /// Those that `up` would meet before it changes anything, but for a lock that is held.
    pub fn plan(&mut self, goal: UpTo) -> Result<(Preparation, Vec<Migration>)> {
        let survey = self.survey()?;
        let history = self.history(&survey)?;
        let comparison = Comparison::of(self.set, &history)?;
        comparison.must_agree(self.options.allow_out_of_order)?;
        let pending = selection::up(self.set, &comparison, goal)?;
        let preparation = Preparation::needed(&survey, &pending);
        Ok((preparation, pending.into_iter().cloned().collect()))
    }

    /// Undoes what was applied, newest first, down to `goal`.
    ///
    /// # Errors
    /// One of the migrations cannot be undone (then none is), consent is not given, or a down
    /// script fails; what was undone before it stays undone.
    pub fn down(&mut self, goal: DownTo, consent: Consent<'_>) -> Result<Outcome> {
        self.locked(|migrator, ground| {
            comparison::same_set(migrator.set, &ground.history)?;
            let reversals = migrator.reversals(selection::down(&ground.history, goal)?)?;
            let mut outcome = Outcome::default();
            if !reversals.is_empty() {
                consent(&steps(&reversals))?;
            }
            migrator.revert_all(ground.lock, &reversals, &mut outcome)?;
            if goal == DownTo::Nothing && ground.survey.history_exists {
                migrator.clear_away(&ground.survey)?;
            }
            Ok(outcome)
        })
    }

    /// Undoes the newest migration and applies it again, as it is in the files now.
    ///
    /// # Errors
    /// As for [`Migrator::down`] and [`Migrator::up`].
    pub fn redo(&mut self, consent: Consent<'_>) -> Result<Outcome> {
        self.locked(|migrator, ground| {
            comparison::same_set(migrator.set, &ground.history)?;
            let Some(newest) = ground.history.last() else {
                return Err(
                    Error::failure("no migration is applied that could be redone")
                        .hint("\"steward migrate up\" applies what is pending."),
                );
            };
            let again = migrator.file_of(newest)?;
            let reversals = migrator.reversals(vec![newest])?;
            consent(&steps(&reversals))?;
            let mut outcome = Outcome::default();
            migrator.revert_all(ground.lock, &reversals, &mut outcome)?;
            migrator.apply_all(ground.lock, &ground.survey, &[again], &mut outcome)?;
            Ok(outcome)
        })
    }

    /// Undoes or applies until `version` is the newest that is applied; 0 stands before the first.
    ///
    /// # Errors
    /// As for [`Migrator::down`] and [`Migrator::up`].
    pub fn goto(&mut self, version: i64, consent: Consent<'_>) -> Result<Outcome> {
        self.locked(|migrator, ground| {
            let comparison = Comparison::of(migrator.set, &ground.history)?;
            let (undone, pending) =
                selection::goto(migrator.set, &comparison, &ground.history, version)?;
            if !pending.is_empty() {
                comparison.must_agree(migrator.options.allow_out_of_order)?;
            }
            let reversals = migrator.reversals(undone)?;
            if !reversals.is_empty() {
                consent(&steps(&reversals))?;
            }
            let mut outcome = Outcome::default();
            migrator.revert_all(ground.lock, &reversals, &mut outcome)?;
            migrator.apply_all(ground.lock, &ground.survey, &pending, &mut outcome)?;
            Ok(outcome)
        })
    }

    /// Records everything up to `version` as applied, without running it.
    ///
    /// # Errors
    /// The files and the history disagree, or the version is unknown.
    pub fn baseline(&mut self, version: i64) -> Result<Outcome> {
        self.locked(|migrator, ground| {
            let comparison = Comparison::of(migrator.set, &ground.history)?;
            comparison.must_agree(migrator.options.allow_out_of_order)?;
            let recorded = selection::baseline(migrator.set, &comparison, version)?;
            let mut outcome = Outcome::default();
            if recorded.is_empty() {
                return Ok(outcome);
            }
            // Nothing is run, so nothing of what the migrations call is needed.
            Preparation::needed(&ground.survey, &[]).carry_out(
                migrator.client,
                migrator.schema,
                &ground.survey,
                migrator.observer,
            )?;
            migrator.observer.event(&Event::Planned(recorded.len()));
            outcome.recorded = migrator.record(ground.lock, &recorded)?;
            Ok(outcome)
        })
    }

    /// Makes the history agree with files that were edited on purpose: checksum, name and down
    /// script of each migration that is in both.
    ///
    /// # Errors
    /// Consent is not given, or the history changes meanwhile.
    pub fn restamp(&mut self, consent: Consent<'_>) -> Result<Outcome> {
        self.locked(|migrator, ground| {
            let comparison = Comparison::of(migrator.set, &ground.history)?;
            let edited: Vec<_> = comparison
                .entries()
                .iter()
                .filter(|entry| entry.state == State::Divergent || entry.down_edited)
                .filter_map(|entry| Some((entry.file?, entry.applied?)))
                .collect();
            let mut outcome = Outcome::default();
            if edited.is_empty() {
                return Ok(outcome);
            }
            let steps: Vec<_> = edited
                .iter()
                .map(|(file, _)| Step::new(file.version, &file.name))
                .collect();
            consent(&steps)?;
            migrator.begin(ground.lock)?;
            let done = edited.iter().try_for_each(|(file, applied)| {
                let checksum = refined::checksum(file)?;
                history::restamp(migrator.client, migrator.schema, applied, file, checksum)
            });
            migrator.end(done)?;
            for step in &steps {
                migrator.observer.event(&Event::Restamped(step));
            }
            outcome.restamped = steps;
            Ok(outcome)
        })
    }

    /// Does `work` while no other runner can.
    fn locked(
        &mut self,
        work: impl FnOnce(&mut Self, &Ground) -> Result<Outcome>,
    ) -> Result<Outcome> {
        let lock = RunnerLock::acquire(
            self.client,
            self.schema,
            self.options.lock_wait,
            self.observer,
        )?;
        let done = self.ground(lock).and_then(|ground| work(self, &ground));
        lock.release(self.client);
        done
    }

    fn ground(&mut self, lock: RunnerLock) -> Result<Ground> {
        let survey = self.survey()?;
        let history = self.history(&survey)?;
        Ok(Ground {
            lock,
            survey,
            history,
        })
    }

    fn file_of(&self, applied: &AppliedMigration) -> Result<&'a Migration> {
        self.set
            .migrations
            .iter()
            .find(|migration| migration.version == applied.version)
            .ok_or_else(|| {
                Error::failure(format!(
                    "{} has no file to apply again",
                    Step::new(applied.version, &applied.name)
                ))
                .hint("\"steward migrate down\" undoes it without a file.")
            })
    }

    fn reversals<'h>(&self, undone: Vec<&'h AppliedMigration>) -> Result<Vec<Reversal<'h>>> {
        undone
            .into_iter()
            .map(|applied| Reversal::of(applied, self.set))
            .collect()
    }

    fn apply_all(
        &mut self,
        lock: RunnerLock,
        survey: &Survey,
        pending: &[&Migration],
        outcome: &mut Outcome,
    ) -> Result<()> {
        if pending.is_empty() {
            return Ok(());
        }
        Preparation::needed(survey, pending).carry_out(
            self.client,
            self.schema,
            survey,
            self.observer,
        )?;
        self.observer.event(&Event::Planned(pending.len()));
        for migration in pending {
            outcome.applied.push(self.apply(lock, migration)?);
        }
        Ok(())
    }

    fn revert_all(
        &mut self,
        lock: RunnerLock,
        reversals: &[Reversal<'_>],
        outcome: &mut Outcome,
    ) -> Result<()> {
        if reversals.is_empty() {
            return Ok(());
        }
        self.observer.event(&Event::Planned(reversals.len()));
        for reversal in reversals {
            outcome.reverted.push(self.revert(lock, reversal)?);
        }
        Ok(())
    }

    /// Drops what the first `up` had created: the history table, and the schema if it is empty.
    fn clear_away(&mut self, survey: &Survey) -> Result<()> {
        self.client.batch_execute(&format!(
            "reset all; drop table {}",
            history::table(self.schema)
        ))?;
        self.observer.event(&Event::HistoryDropped);
        if survey.schema != Presence::Created {
            return Ok(());
        }
        let dropped = self
            .client
            .batch_execute(&format!("drop schema {}", self.schema.identifier()));
        match dropped {
            Ok(()) => self.observer.event(&Event::SchemaDropped),
            // Something that no migration of this set made lives there too.
            Err(error)
                if error.code()
                    == Some(&postgres::error::SqlState::DEPENDENT_OBJECTS_STILL_EXIST) =>
            {
                self.observer.event(&Event::SchemaKept);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}

fn steps(reversals: &[Reversal<'_>]) -> Vec<Step> {
    reversals
        .iter()
        .map(|reversal| Step::new(reversal.applied.version, &reversal.applied.name))
        .collect()
}
