//! Sessions that write edges at random, each in its own way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use steward_tests::{Refusal, Session};

use super::random::Random;

/// How many tasks there are at any time.
const TASKS: u64 = 30;
/// The other tasks come in generations, so that all the time there are some that nobody has used before and that
/// several sessions are the first to use.
const GENERATION: u64 = 6;
const GENERATION_MILLISECONDS: u128 = 80;

/// The levels that a session's transactions run at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    ReadCommitted,
    RepeatableRead,
    Serializable,
    /// Another one for each transaction.
    Mixed,
}

impl Level {
    fn name(self, random: &mut Random) -> &'static str {
        match self {
            Self::ReadCommitted => "read committed",
            Self::RepeatableRead => "repeatable read",
            Self::Serializable => "serializable",
            Self::Mixed => match random.below(3) {
                0 => "read committed",
                1 => "repeatable read",
                _ => "serializable",
            },
        }
    }
}

/// What a session counted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) committed: u64,
    pub(super) cycles_refused: u64,
    pub(super) to_be_retried: u64,
}

/// A session at work.
pub(super) struct Worker<'run> {
    pub(super) session: Session,
    pub(super) random: Random,
    pub(super) level: Level,
    /// Edges have a scope too.
    pub(super) scoped: bool,
    pub(super) started: Instant,
    pub(super) stop: &'run AtomicBool,
    pub(super) count: Count,
}

impl Worker<'_> {
    /// Works until it is told to stop, or until an error that must not be.
    pub(super) fn run(mut self) -> Result<Count, Refusal> {
        while !self.stop.load(Ordering::Relaxed) {
            match self.transaction() {
                Ok(committed) => self.count.committed += u64::from(committed),
                Err(refusal) => {
                    self.session.run("rollback");
                    self.note(refusal)?;
                }
            }
        }
        Ok(self.count)
    }

    /// Counts an error that may be, and gives back any other.
    fn note(&mut self, refusal: Refusal) -> Result<(), Refusal> {
        match refusal.sqlstate() {
            "23514" if refusal.constraint() == Some("edges_acyclic") => {
                self.count.cycles_refused += 1;
            }
            "40001" | "40P01" => self.count.to_be_retried += 1,
            _ => return Err(refusal),
        }
        Ok(())
    }

    fn transaction(&mut self) -> Result<bool, Refusal> {
        let level = self.level.name(&mut self.random);
        self.session
            .try_run(&format!("begin isolation level {level}"))?;
        if self.random.happens(20) {
            self.session.try_run("set constraints all deferred")?;
        }
        for _ in 0..=self.random.below(3) {
            if self.random.happens(25) {
                self.in_savepoint()?;
            } else {
                let statement = self.statement();
                self.session.try_run(&statement)?;
            }
        }
        // Others come in between while the edges are there and not committed.
        if self.random.happens(30) {
            self.session.try_run("select pg_sleep(0.003)")?;
        }
        let commit = self.random.happens(75);
        self.session
            .try_run(if commit { "commit" } else { "rollback" })?;
        Ok(commit)
    }

    fn in_savepoint(&mut self) -> Result<(), Refusal> {
        self.session.try_run("savepoint here")?;
        let statement = self.statement();
        if let Err(refusal) = self.session.try_run(&statement) {
            let again = refusal.sqlstate() == "40001";
            if again {
                return Err(refusal);
            }
            self.note(refusal)?;
            return self.session.try_run("rollback to here");
        }
        if self.random.happens(10) {
            self.session.try_run("set constraints all immediate")?;
        }
        let end = if self.random.happens(50) {
            "rollback to here"
        } else {
            "release here"
        };
        self.session.try_run(end)
    }

    fn statement(&mut self) -> String {
        match self.random.below(100) {
            0..35 => format!("insert into edges values {}", self.edge()),
            35..45 => {
                let rows: Vec<String> = (0..=self.random.below(3) + 1)
                    .map(|_| self.edge())
                    .collect();
                format!("insert into edges values {}", rows.join(", "))
            }
            45..55 => format!(
                "update edges set depends_on = {} where ctid in \
                 (select ctid from edges where task_id = {} limit 2)",
                self.task(),
                self.task(),
            ),
            55..62 => format!(
                "update edges set task_id = depends_on, depends_on = task_id where task_id = {}",
                self.task()
            ),
            62..66 => format!(
                "update edges set note = 'x' where task_id = {}",
                self.task()
            ),
            66..70 if self.scoped => format!(
                "update edges set scope = {} where task_id = {1} or depends_on = {1}",
                self.random.below(3),
                self.task(),
            ),
            70..80 => format!("delete from edges where depends_on = {}", self.task()),
            _ => format!("delete from edges where task_id = {}", self.task()),
        }
    }

    fn edge(&mut self) -> String {
        let (task, dependency) = (self.task(), self.task());
        if !self.scoped {
            return format!("({task}, {dependency})");
        }
        // Mostly the scope that the task has, sometimes another.
        let scope = if self.random.happens(90) {
            task % 3
        } else {
            self.random.below(3)
        };
        let dependency = if self.random.happens(90) {
            dependency - dependency % 3 + scope
        } else {
            dependency
        };
        format!("({task}, {dependency}, null, {scope})")
    }

    /// One of the thirty tasks that are there all the time, or of those of the moment.
    fn task(&mut self) -> u64 {
        if self.random.happens(60) {
            return self.random.below(TASKS);
        }
        let generation = self.started.elapsed().as_millis() / GENERATION_MILLISECONDS + 1;
        self.random.below(GENERATION) + 30 * u64::try_from(generation).unwrap_or_default()
    }
}
