//! A connection whose results are text, which is what a test compares.

use std::sync::{Arc, Mutex, PoisonError};

use postgres::error::DbError;
use postgres::{Client, NoTls, SimpleQueryMessage};

use crate::refusal::Refusal;
use crate::waiting::Waiting;

/// A connection to a test's database.
pub struct Session {
    client: Client,
    process: i32,
    notices: Arc<Mutex<Vec<DbError>>>,
}

impl Session {
    /// # Panics
    /// When the server refuses the connection.
    #[must_use]
    pub(crate) fn connect(mut configuration: postgres::Config) -> Self {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&notices);
        configuration.notice_callback(move |notice| {
            kept.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(notice);
        });
        let mut client = configuration.connect(NoTls).expect("a connection");
        let process = client
            .query_one("select pg_backend_pid()", &[])
            .expect("the backend's process id")
            .get(0);
        Self {
            client,
            process,
            notices,
        }
    }

    /// The process id of the backend, as `pg_locks` and `pg_stat_activity` have it.
    #[must_use]
    pub const fn process(&self) -> i32 {
        self.process
    }

    /// The driver's connection, for what needs typed parameters or prepared statements.
    pub const fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Runs statements that have to succeed.
    ///
    /// # Panics
    /// When one fails.
    #[track_caller]
    pub fn run(&mut self, sql: &str) {
        if let Err(error) = self.client.batch_execute(sql) {
            panic!("{}\nin: {sql}", told(&error));
        }
    }

    /// Runs statements that the server has to refuse.
    ///
    /// # Panics
    /// When they succeed.
    #[track_caller]
    pub fn refusal(&mut self, sql: &str) -> Refusal {
        match self.client.batch_execute(sql) {
            Ok(()) => panic!("an error was expected of: {sql}"),
            Err(error) => Refusal::of(&error),
        }
    }

    /// The SQLSTATE with which the server refuses the statements.
    ///
    /// # Panics
    /// When they succeed.
    #[track_caller]
    pub fn sqlstate(&mut self, sql: &str) -> String {
        self.refusal(sql).sqlstate().to_owned()
    }

    /// The rows of a query, one text each: its values with `|` between them, and NULL as `NULL`.
    ///
    /// # Panics
    /// When the query fails.
    #[track_caller]
    pub fn rows(&mut self, sql: &str) -> Vec<String> {
        let messages = match self.client.simple_query(sql) {
            Ok(messages) => messages,
            Err(error) => panic!("{}\nin: {sql}", told(&error)),
        };
        rows_of(messages)
    }

    /// The rows of a query that the server may refuse, as [`Session::rows`] gives them.
    ///
    /// # Errors
    /// The server's.
    pub fn try_rows(&mut self, sql: &str) -> Result<Vec<String>, Refusal> {
        match self.client.simple_query(sql) {
            Ok(messages) => Ok(rows_of(messages)),
            Err(error) => Err(Refusal::of(&error)),
        }
    }

    /// The only row of a query, as [`Session::rows`] gives it.
    ///
    /// # Panics
    /// When the query fails, or has no row or several.
    #[track_caller]
    pub fn value(&mut self, sql: &str) -> String {
        let mut rows = self.rows(sql);
        assert_eq!(rows.len(), 1, "one row was expected of: {sql}\n{rows:?}");
        rows.remove(0)
    }

    /// True where the query says so.
    ///
    /// # Panics
    /// When the query fails or gives anything but one boolean.
    #[track_caller]
    pub fn holds(&mut self, sql: &str) -> bool {
        match self.value(sql).as_str() {
            "t" => true,
            "f" => false,
            other => panic!("a boolean was expected of: {sql}\n{other}"),
        }
    }

    /// What the server said beside results since the last call: `severity: message`, and its HINT.
    pub fn notices(&mut self) -> Vec<String> {
        // A statement brings along what was sent before its result.
        self.run("");
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        notices
            .drain(..)
            .map(|notice| {
                let hint = notice.hint().map(|hint| format!("\nHINT: {hint}"));
                format!(
                    "{}: {}{}",
                    notice.severity(),
                    notice.message(),
                    hint.unwrap_or_default()
                )
            })
            .collect()
    }

    /// Runs statements in a thread of their own, where they may have to wait.
    #[must_use]
    pub fn start(self, sql: &str) -> Waiting {
        Waiting::start(self, sql)
    }

    /// Runs statements that the server may refuse.
    ///
    /// # Errors
    /// The server's.
    pub fn try_run(&mut self, sql: &str) -> Result<(), Refusal> {
        self.client
            .batch_execute(sql)
            .map_err(|error| Refusal::of(&error))
    }
}

fn rows_of(messages: Vec<SimpleQueryMessage>) -> Vec<String> {
    messages
        .into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                let values: Vec<_> = (0..row.len())
                    .map(|column| row.get(column).unwrap_or("NULL"))
                    .collect();
                Some(values.join("|"))
            }
            _ => None,
        })
        .collect()
}

fn told(error: &postgres::Error) -> String {
    if error.as_db_error().is_none() {
        return format!("{error:?}");
    }
    let refusal = Refusal::of(error);
    let context = refusal
        .context()
        .map(|context| format!("\nCONTEXT: {context}"));
    format!("{refusal}{}", context.unwrap_or_default())
}
