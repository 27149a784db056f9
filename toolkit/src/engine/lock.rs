//! The lock that keeps two runners from migrating the same schema at once.
//!
//! It is an advisory lock of the session. It is polled for: a session that waits in the server
//! for it would hold a snapshot that CREATE INDEX CONCURRENTLY of the other runner waits for in
//! turn. And it is looked for in `pg_locks` again in each transaction: behind a pooler that hands
//! out transactions, it can belong to a session that is no longer ours.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, SimpleQueryRow};
use postgres_protocol::escape::escape_literal;

use super::event::{Event, Observer};
use super::schema_name::SchemaName;
use super::simple_query::{is_true, rows};
use crate::error::{Error, Result};
use crate::exit::Exit;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The lock, held. The server frees it when the session ends, however it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunnerLock {
    key: i64,
}

/// The session that holds the lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process.
    pub pid: String,
    /// Its user.
    pub user: String,
    /// What it calls itself.
    pub application: String,
    /// Since when it is connected; hidden from roles that may not see other users' sessions.
    pub connected_since: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "process {} of user \"{}\" (application_name \"{}\"",
            self.pid, self.user, self.application
        )?;
        match &self.connected_since {
            Some(since) => write!(formatter, ", connected since {since})"),
            None => formatter.write_str(")"),
        }
    }
}

impl RunnerLock {
    /// Takes the lock of `schema` in this database, waiting up to `wait`.
    pub(super) fn acquire(
        client: &mut Client,
        schema: &SchemaName,
        wait: Duration,
        observer: &dyn Observer,
    ) -> Result<Self> {
        let deadline = Instant::now() + wait;
        let mut pause = FIRST_PAUSE;
        let mut told = false;
        loop {
            let (lock, acquired) = Self::attempt(client, schema)?;
            if acquired {
                lock.check(client)?;
                return Ok(lock);
            }
            let holder = lock.holder(client)?;
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(busy(schema, wait, holder.as_ref()));
            }
            if let Some(holder) = holder.filter(|_| !told) {
                observer.event(&Event::LockBusy(&holder));
                told = true;
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn attempt(client: &mut Client, schema: &SchemaName) -> Result<(Self, bool)> {
        // Advisory locks are kept apart by database already.
        let name = escape_literal(&format!("steward migrate {schema}"));
        let found = rows(
            client,
            &format!(
                "select key, pg_catalog.pg_try_advisory_lock(key) as acquired
                   from pg_catalog.hashtextextended({name}, 0) as key"
            ),
        )?;
        let answer = found.first().and_then(|row: &SimpleQueryRow| {
            let key = row.get("key")?.parse().ok()?;
            Some((Self { key }, is_true(row, "acquired")))
        });
        answer
            .ok_or_else(|| Error::failure("the server answered a request for a lock with nothing"))
    }

    /// A condition in SQL: the backend that evaluates it holds the lock.
    pub(super) fn held(self) -> String {
        format!(
            "exists (select from pg_catalog.pg_locks as l where {} and l.granted and l.pid = pg_catalog.pg_backend_pid())",
            self.identity()
        )
    }

    /// A condition in SQL on a row `l` of `pg_locks`: it is about this lock.
    fn identity(self) -> String {
        // A lock of one 64-bit key is listed in two halves, with 1 in `objsubid`.
        let bits = self.key.cast_unsigned();
        format!(
            "l.locktype = 'advisory' and l.objsubid = 1 and l.classid = {} and l.objid = {}
             and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())",
            bits >> 32,
            bits & 0xffff_ffff
        )
    }

    /// Makes sure that this session holds the lock.
    pub(super) fn check(self, client: &mut Client) -> Result<()> {
        let found = rows(client, &format!("select {} as held", self.held()))?;
        verify(&found)
    }

    /// Frees the lock for the next runner, as far as this session still has it, and takes back the
    /// settings that were made for the work.
    pub(super) fn release(self, client: &mut Client) {
        let sql = format!(
            "reset all; select pg_catalog.pg_advisory_unlock({}) where {}",
            self.key,
            self.held()
        );
        // Where the session is lost, so is the lock.
        let _ = client.batch_execute(&sql);
    }

    fn holder(self, client: &mut Client) -> Result<Option<Holder>> {
        let found = rows(
            client,
            &format!(
                "select a.pid, a.usename, a.application_name,
                        pg_catalog.date_trunc('second', a.backend_start) as since
                   from pg_catalog.pg_locks as l
                   join pg_catalog.pg_stat_activity as a on a.pid = l.pid
                  where {} and l.granted",
                self.identity()
            ),
        )?;
        Ok(found.first().map(|row| {
            let text = |column: &str| row.get(column).unwrap_or_default().to_owned();
            Holder {
                pid: text("pid"),
                user: text("usename"),
                application: text("application_name"),
                connected_since: row.get("since").map(ToOwned::to_owned),
            }
        }))
    }
}

/// Judges the last row of an answer, which has [`RunnerLock::held`] as its column `held`.
pub(super) fn verify(answer: &[SimpleQueryRow]) -> Result<()> {
    if answer.last().is_some_and(|row| is_true(row, "held")) {
        return Ok(());
    }
    Err(Error::new(
        Exit::Connection,
        "the runner lock was taken, but this session does not hold it",
    )
    .detail(
        "A connection pooler that hands out single transactions (pool_mode = transaction) \
         gives the lock to a session that others use.",
    )
    .hint("Connect to the server itself, or to a pool in session mode."))
}

fn busy(schema: &SchemaName, wait: Duration, holder: Option<&Holder>) -> Error {
    let error = Error::new(
        Exit::LockBusy,
        format!(
            "another runner is migrating schema \"{schema}\"; gave up after {} s",
            wait.as_secs()
        ),
    )
    .hint("Wait for it to end, or wait longer with --lock-wait SECONDS.");
    match holder {
        Some(holder) => error.detail(format!("The lock is held by {holder}.")),
        None => error,
    }
}
