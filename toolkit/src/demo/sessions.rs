//! The sessions of a walk: the one in which everything is run, and another one where a step shows what
//! two of them do to each other.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use postgres::Client;

use super::database::DATABASE;
use super::outcome::Outcome;
use super::walk::{Place, Statement};
use crate::cluster::Cluster;
use crate::error::{Error, Result};

/// How long the other session may take until it waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sessions of one role.
pub(super) struct Sessions<'cluster> {
    cluster: &'cluster Cluster,
    role: &'static str,
    first: Client,
    second: Option<Client>,
    waiting: Option<Waiting>,
}

/// A statement under way in the other session.
struct Waiting {
    statement: &'static Statement,
    thread: JoinHandle<Result<Outcome>>,
}

impl<'cluster> Sessions<'cluster> {
    pub(super) fn open(cluster: &'cluster Cluster, role: &'static str) -> Result<Self> {
        Ok(Self {
            cluster,
            role,
            first: cluster.client(DATABASE, role)?,
            second: None,
            waiting: None,
        })
    }

    /// Runs a statement in the session that it is for.
    pub(super) fn run(&mut self, statement: &Statement) -> Result<Outcome> {
        let client = match statement.place {
            Place::Here => &mut self.first,
            Place::Elsewhere | Place::ElsewhereWaiting => match &mut self.second {
                Some(second) => second,
                none => none.insert(self.cluster.client(DATABASE, self.role)?),
            },
        };
        Outcome::of(client, statement.sql)
    }

    /// Runs a statement in the other session, and comes back as soon as it waits for a lock.
    pub(super) fn run_until_it_waits(&mut self, statement: &'static Statement) -> Result<()> {
        let mut other = self.cluster.client(DATABASE, self.role)?;
        let process: i32 = other.query_one("select pg_backend_pid()", &[])?.get(0);
        let thread = thread::spawn(move || Outcome::of(&mut other, statement.sql));
        let deadline = Instant::now() + PATIENCE;
        while !self.waits(process)? {
            if thread.is_finished() || Instant::now() > deadline {
                return Err(
                    Error::failure("the other session of the demonstration did not wait")
                        .detail(statement.sql),
                );
            }
            thread::sleep(Duration::from_millis(1));
        }
        self.waiting = Some(Waiting { statement, thread });
        Ok(())
    }

    fn waits(&mut self, process: i32) -> Result<bool> {
        let row = self.first.query_one(
            "select exists (select from pg_catalog.pg_locks where pid = $1 and not granted)",
            &[&process],
        )?;
        Ok(row.get(0))
    }

    /// What became of the statement that waited, if one did.
    pub(super) fn end_of_waiting(&mut self) -> Result<Option<(&'static Statement, Outcome)>> {
        let Some(Waiting { statement, thread }) = self.waiting.take() else {
            return Ok(None);
        };
        let outcome = thread
            .join()
            .map_err(|_| Error::failure("the other session of the demonstration broke down"))??;
        Ok(Some((statement, outcome)))
    }
}
