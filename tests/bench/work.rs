//! Measures a piece of work once.

use std::process::{Command, Stdio};
use std::time::Duration;

use postgres::Client;
use steward_toolkit::error::{Error, Result};
use steward_toolkit::exit::Exit;

use crate::clock::{Clock, wall_time};
use crate::comparison::{Unit, Work};
use crate::place::Place;
use crate::sessions;

/// What one run of a piece of work came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    /// How often the work was done: once, or as many transactions as the sessions committed.
    pub(crate) completed: u32,
    /// Transactions that the server asked to be started anew.
    pub(crate) retries: u32,
    pub(crate) elapsed: Duration,
}

impl Sample {
    const fn once(elapsed: Duration) -> Self {
        Self {
            completed: 1,
            retries: 0,
            elapsed,
        }
    }

    /// The figure that is compared.
    pub(crate) fn figure(self, unit: Unit) -> f64 {
        let completed = f64::from(self.completed);
        let seconds = self.elapsed.as_secs_f64();
        match unit {
            Unit::Time { operations, .. } => seconds / completed / f64::from(operations),
            Unit::Throughput { .. } => completed / seconds,
        }
    }
}

impl Work {
    /// Statements, sent at once.
    pub(crate) fn statements(sql: impl Into<String>) -> Self {
        let sql = sql.into();
        Self::Client(Box::new(move |client| Ok(client.batch_execute(&sql)?)))
    }

    /// A statement that the setup has prepared, executed for each key from 1 to `keys`, in one
    /// transaction. All is sent at once: the way to the server and back takes ten times as long as
    /// what a trigger adds, and varies by more.
    pub(crate) fn executions(prepared: &str, keys: u32) -> Self {
        let executions: Vec<_> = (1..=keys)
            .map(|key| format!("execute {prepared} ({key})"))
            .collect();
        Self::statements(format!("begin; {}; commit", executions.join("; ")))
    }

    /// Does the work, and nothing else while the clock runs.
    pub(crate) fn measure(
        &mut self,
        place: &Place<'_>,
        client: &mut Client,
        clock: Clock,
    ) -> Result<Sample> {
        match self {
            Self::Client(run) => clock.time(client, run).map(Sample::once),
            Self::Program(command) => {
                let mut command = command(place);
                wall_time(|| succeed(&mut command)).map(Sample::once)
            }
            Self::Sessions {
                sessions,
                lasting,
                transaction,
            } => sessions::measure(place, *sessions, *lasting, transaction.as_ref()),
        }
    }
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
