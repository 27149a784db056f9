//! What time a piece of work is measured by.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;
use serde::Serialize;
use steward_toolkit::error::{Error, Result};

/// A clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Clock {
    /// The time that passes: for what many processes, or the disk, have part in.
    Wall,
    /// The time for which a processor ran the session's server process. On a machine where others work
    /// too, it says what the wall clock cannot.
    Processor,
}

impl Clock {
    /// This clock, or the wall clock on a system that does not tell the other.
    pub(crate) fn or_what_there_is(self) -> Self {
        match self {
            Self::Processor if fs::exists("/proc/self/schedstat").unwrap_or(false) => {
                Self::Processor
            }
            Self::Processor | Self::Wall => Self::Wall,
        }
    }

    /// The time that the work takes by this clock, and by the one on the wall.
    pub(crate) fn time(
        self,
        client: &mut Client,
        work: impl FnOnce(&mut Client) -> Result<()>,
    ) -> Result<Times> {
        match self {
            Self::Wall => wall_time(|| work(client)).map(Times::both),
            Self::Processor => {
                let process = ServerProcess::of(client)?;
                let before = process.time_on_processor()?;
                let wall = wall_time(|| work(client))?;
                let measured = process.time_on_processor()?.saturating_sub(before);
                Ok(Times { measured, wall })
            }
        }
    }
}

/// How long a piece of work took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Times {
    /// By the clock of the comparison.
    pub(crate) measured: Duration,
    /// What passed meanwhile.
    pub(crate) wall: Duration,
}

impl Times {
    /// Of work that is measured by the wall clock.
    pub(crate) const fn both(elapsed: Duration) -> Self {
        Self {
            measured: elapsed,
            wall: elapsed,
        }
    }

    /// The longer ones, for sessions that work side by side.
    pub(crate) fn longer(self, other: Self) -> Self {
        Self {
            measured: self.measured.max(other.measured),
            wall: self.wall.max(other.wall),
        }
    }
}

/// The time that passes during the work.
pub(crate) fn wall_time(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

/// The server process of a session.
struct ServerProcess {
    statistics: PathBuf,
}

impl ServerProcess {
    fn of(client: &mut Client) -> Result<Self> {
        let pid: i32 = client.query_one("select pg_backend_pid()", &[])?.get(0);
        Ok(Self {
            statistics: format!("/proc/{pid}/schedstat").into(),
        })
    }

    /// To the nanosecond, but only up to the last time that the process went to sleep, or the last tick
    /// of the kernel's timer. So it is given the time to go to sleep after its answer.
    fn time_on_processor(&self) -> Result<Duration> {
        thread::sleep(Duration::from_millis(2));
        fs::read_to_string(&self.statistics)
            .ok()
            .and_then(|text| text.split_whitespace().next()?.parse().ok())
            .map(Duration::from_nanos)
            .ok_or_else(|| {
                Error::failure(format!(
                    "could not read the server process's time from \"{}\"",
                    self.statistics.display()
                ))
            })
    }
}
