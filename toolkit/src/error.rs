//! The one error type of the toolkit: what was wrong, where, and what to do next.
//!
//! It has the parts that PostgreSQL's own errors have, so that an error of the server passes
//! through without losing its DETAIL, HINT or SQLSTATE, and an error of ours looks the same.

use std::error::Error as _;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::exit::Exit;

/// The result of everything in the toolkit that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure as the user is told of it.
#[derive(Clone, Debug, Serialize)]
pub struct Error {
    #[serde(skip)]
    exit: Exit,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sqlstate: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    // Boxed to keep every `Result` of the toolkit small.
    location: Option<Box<Location>>,
}

/// The place in a file that an error is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Location {
    /// The file, as the user named it or would find it.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
}

impl Error {
    /// An error that ends the command with `exit`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            detail: None,
            hint: None,
            context: None,
            sqlstate: None,
            location: None,
        }
    }

    /// An error that no more telling exit code fits.
    pub fn failure(message: impl Into<String>) -> Self {
        Self::new(Exit::Failure, message)
    }

    /// An error in what the command line asks for.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Facts that help to understand the message.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// What the reader can do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// One more thing that the reader can do, after those that are there already.
    #[must_use]
    pub fn and_hint(mut self, hint: impl Into<String>) -> Self {
        let more = hint.into();
        self.hint = Some(match self.hint {
            Some(first) => format!("{first}\n{more}"),
            None => more,
        });
        self
    }

    /// The place in a file that the error is about.
    #[must_use]
    pub fn at(mut self, file: impl AsRef<Path>, line: usize) -> Self {
        self.location = Some(Box::new(Location {
            file: file.as_ref().to_path_buf(),
            line,
        }));
        self
    }

    /// The same error, its message after what was being done: `could not connect: timeout`.
    #[must_use]
    pub fn context(mut self, doing: impl AsRef<str>) -> Self {
        self.message = format!("{}: {}", doing.as_ref(), self.message);
        self
    }

    /// The same error, ending the command with another code.
    #[must_use]
    pub fn exiting_with(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// The code that the command ends with.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// The message alone.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The server's SQLSTATE, where the error is the server's.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        self.sqlstate.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.message)?;
        if let Some(detail) = &self.detail {
            write!(formatter, "\nDETAIL:  {detail}")?;
        }
        if let Some(hint) = &self.hint {
            write!(formatter, "\nHINT:  {hint}")?;
        }
        if let Some(context) = &self.context {
            write!(formatter, "\nCONTEXT:  {context}")?;
        }
        if let Some(sqlstate) = &self.sqlstate {
            write!(formatter, "\nSQLSTATE:  {sqlstate}")?;
        }
        if let Some(location) = &self.location {
            let Location { file, line } = &**location;
            write!(formatter, "\nLOCATION:  {}:{line}", file.display())?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// What the server says as it ends a session: `admin_shutdown`, `crash_shutdown`,
/// `cannot_connect_now`, `idle_in_transaction_session_timeout`, `idle_session_timeout`.
const CONNECTION_LOST: [&str; 5] = ["57P01", "57P02", "57P03", "25P03", "57P05"];

impl From<&postgres::Error> for Error {
    /// Keeps every part of a server's error; some of the driver's own errors say
    /// no more than "db error" themselves and hold the reason in their source.
    fn from(error: &postgres::Error) -> Self {
        if let Some(server) = error.as_db_error() {
            let mut told = Self::failure(server.message());
            told.detail = server.detail().map(ToOwned::to_owned);
            told.hint = server.hint().map(ToOwned::to_owned);
            told.context = server.where_().map(Into::into);
            let sqlstate = server.code().code();
            told.sqlstate = Some(sqlstate.into());
            if CONNECTION_LOST.contains(&sqlstate) {
                return told.exiting_with(Exit::Connection);
            }
            return told;
        }
        let told = match error.source() {
            Some(source) => Self::failure(format!("{error}: {source}")),
            None => Self::failure(error.to_string()),
        };
        if error.is_closed() {
            told.exiting_with(Exit::Connection)
        } else {
            told
        }
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        Self::from(&error)
    }
}
