//! The engine behind `steward migrate`: applies, undoes and compares the migrations of one schema.
//!
//! It promises that a migration is applied as a whole, together with its history row and its down
//! script, or not at all; that no two runners work on one schema at once; and that it never builds
//! on a history which the files disagree with. refinery runs each migration and writes its row;
//! the transaction around that, the lock and the way down are here.

mod apply;
mod comparison;
mod concurrent_index;
mod event;
mod history;
mod lock;
mod operations;
mod outcome;
mod prepare;
mod refined;
mod retry;
mod revert;
mod run;
mod schema_name;
mod selection;
pub(crate) mod simple_query;
mod statements;
mod survey;

use std::time::Duration;

use postgres::Client;

pub use self::comparison::{Comparison, Entry, State};
pub use self::event::{Event, Observer};
pub use self::history::{AppliedMigration, TABLE as HISTORY_TABLE};
pub use self::lock::Holder;
use self::lock::RunnerLock;
pub use self::operations::Consent;
pub use self::outcome::{Outcome, Step};
pub use self::prepare::Preparation;
pub use self::schema_name::SchemaName;
pub use self::selection::{DownTo, UpTo};
use self::simple_query::rows;
pub(crate) use self::statements::run_script;
pub use self::survey::{Presence, Survey};
use crate::error::Result;
use crate::migration::MigrationSet;

/// Makes the server look, during a long statement, whether its client is still there.
///
/// Otherwise a runner that was killed or interrupted would leave its session at work, and the lock
/// held, until the statement ends. Servers before 14 and some systems cannot do it.
const WATCH_CLIENT: &str = "select case \
    when pg_catalog.current_setting('client_connection_check_interval', true) is not null \
     and pg_catalog.version() like '%linux%' \
    then pg_catalog.set_config('client_connection_check_interval', '1s', false) end";

/// How the engine goes about its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long to wait for another runner to end.
    pub lock_wait: Duration,
    /// How long a statement waits for a lock on a table; zero is for ever.
    pub lock_timeout: Duration,
    /// How often it is tried again after that.
    pub lock_retries: u32,
    /// Whether to apply a migration that is older than the newest applied one.
    pub allow_out_of_order: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lock_wait: Duration::from_mins(1),
            lock_timeout: Duration::from_secs(5),
            lock_retries: 10,
            allow_out_of_order: false,
        }
    }
}

/// The migrations of one set in one schema of one database.
pub struct Migrator<'a> {
    client: &'a mut Client,
    schema: &'a SchemaName,
    set: &'a MigrationSet,
    options: Options,
    observer: &'a dyn Observer,
}

impl<'a> Migrator<'a> {
    /// Puts set, schema and connection together; nothing is asked of the server yet.
    #[must_use]
    pub fn new(
        client: &'a mut Client,
        schema: &'a SchemaName,
        set: &'a MigrationSet,
        options: Options,
        observer: &'a dyn Observer,
    ) -> Self {
        Self {
            client,
            schema,
            set,
            options,
            observer,
        }
    }

    /// What is in the database; changes nothing.
    ///
    /// # Errors
    /// The server refuses to tell.
    pub fn survey(&mut self) -> Result<Survey> {
        Survey::take(self.client, self.schema)
    }

    /// What was applied, in ascending order; changes nothing.
    ///
    /// # Errors
    /// The server refuses to tell.
    pub fn history(&mut self, survey: &Survey) -> Result<Vec<AppliedMigration>> {
        if survey.history_exists {
            history::read(self.client, self.schema)
        } else {
            Ok(Vec::new())
        }
    }

    /// Opens a transaction in which the schema is all that is searched, and makes sure that it
    /// runs in the session that holds the lock.
    fn begin(&mut self, lock: RunnerLock) -> Result<()> {
        // What an earlier migration has set for the session is not for the next one.
        let sql = format!(
            "reset all; begin; set local search_path = {}; set local lock_timeout = {}; \
             {WATCH_CLIENT}; select {} as held",
            self.schema.identifier(),
            self.options.lock_timeout.as_millis(),
            lock.held(),
        );
        let answer = rows(self.client, &sql)?;
        lock::verify(&answer).inspect_err(|_| self.rollback())
    }

    /// Ends the transaction; `done` decides how.
    fn end<T>(&mut self, done: Result<T>) -> Result<T> {
        match done {
            Ok(value) => {
                self.client.batch_execute("commit")?;
                Ok(value)
            }
            Err(error) => {
                self.rollback();
                Err(error)
            }
        }
    }

    fn rollback(&mut self) {
        // Where the connection is lost, the server rolls back by itself.
        let _ = self.client.batch_execute("rollback");
    }
}
