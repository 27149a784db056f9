//! Measures a piece of work once.

use std::process::{Command, Stdio};
use std::time::Duration;

use postgres::Client;
use steward_toolkit::error::{Error, Result};
use steward_toolkit::exit::Exit;

use crate::clock::{Clock, Times, wall_time};
use crate::comparison::{Unit, Work};
use crate::place::Place;
use crate::sessions;

/// What one run of a piece of work came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    /// How many operations were done, or transactions committed.
    pub(crate) completed: u32,
    /// Transactions that the server asked to be started anew.
    pub(crate) retries: u32,
    /// Those of them that a deadlock had ended.
    pub(crate) deadlocks: u32,
    pub(crate) times: Times,
    /// What was added to tables.
    pub(crate) bytes: u32,
}

impl Sample {
    const fn of(completed: u32, times: Times) -> Self {
        Self {
            completed,
            retries: 0,
            deadlocks: 0,
            times,
            bytes: 0,
        }
    }

    /// The figure that is compared.
    pub(crate) fn figure(self, unit: Unit) -> f64 {
        self.figure_by(unit, self.times.measured)
    }

    /// The same by the wall clock.
    pub(crate) fn wall_figure(self, unit: Unit) -> f64 {
        self.figure_by(unit, self.times.wall)
    }

    fn figure_by(self, unit: Unit, time: Duration) -> f64 {
        let completed = f64::from(self.completed);
        let seconds = time.as_secs_f64();
        match unit {
            Unit::Time { .. } => seconds / completed,
            Unit::Throughput { .. } => completed / seconds,
            Unit::Bytes { .. } => f64::from(self.bytes) / completed,
        }
    }

    /// How often a transaction had to be started anew, for each that committed.
    pub(crate) fn retry_rate(self) -> f64 {
        f64::from(self.retries) / f64::from(self.completed)
    }
}

impl Work {
    /// Statements that do so many operations, sent at once.
    pub(crate) fn statements(sql: impl Into<String>, operations: u32) -> Self {
        let sql = sql.into();
        Self::Client {
            operations,
            run: Box::new(move |client| Ok(client.batch_execute(&sql)?)),
        }
    }

    /// A statement that the setup has prepared, executed for each key from 1 to `keys`, in one
    /// transaction.
    pub(crate) fn executions(prepared: &str, keys: u32) -> Self {
        let executions: Vec<_> = (1..=keys)
            .map(|key| format!("execute {prepared} ({key})"))
            .collect();
        Self::transactions(&executions, executions.len())
    }

    /// Statements, each an operation, so many of them to a transaction. All are sent at once: the way to
    /// the server and back takes ten times as long as what a trigger adds, and varies by more.
    pub(crate) fn transactions(statements: &[String], of_statements: usize) -> Self {
        let transactions: Vec<_> = statements
            .chunks(of_statements)
            .map(|chunk| format!("begin; {}; commit", chunk.join("; ")))
            .collect();
        Self::statements(
            transactions.join("; "),
            u32::try_from(statements.len()).unwrap_or(u32::MAX),
        )
    }

    /// Does the work, and nothing else while the clock runs.
    pub(crate) fn measure(
        &mut self,
        place: &Place<'_>,
        client: &mut Client,
        clock: Clock,
    ) -> Result<Sample> {
        match self {
            Self::Client { operations, run } => {
                let times = clock.time(client, run)?;
                Ok(Sample::of(*operations, times))
            }
            Self::Storage {
                operations,
                statements,
                bytes,
            } => measure_storage(client, *operations, statements, bytes),
            Self::Program(command) => {
                let mut command = command(place);
                let elapsed = wall_time(|| succeed(&mut command))?;
                Ok(Sample::of(1, Times::both(elapsed)))
            }
            Self::Sessions {
                sessions,
                lasting,
                transaction,
            } => sessions::measure(place, *sessions, *lasting, transaction.as_ref()),
        }
    }
}

fn measure_storage(
    client: &mut Client,
    operations: u32,
    statements: &str,
    bytes: &str,
) -> Result<Sample> {
    let stored = |client: &mut Client| -> Result<i64> { Ok(client.query_one(bytes, &[])?.get(0)) };
    let before = stored(client)?;
    let elapsed = wall_time(|| Ok(client.batch_execute(statements)?))?;
    let added = stored(client)? - before;
    Ok(Sample {
        bytes: u32::try_from(added).unwrap_or(u32::MAX),
        ..Sample::of(operations, Times::both(elapsed))
    })
}

fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .map_err(|error| {
            Error::new(Exit::ToolMissing, format!("could not run \"{name}\""))
                .detail(error.to_string())
        })?;
    if output.status.success() {
        return Ok(());
    }
    Err(
        Error::failure(format!("\"{name}\" ended with {}", output.status))
            .detail(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    )
}
