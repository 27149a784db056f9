//! An error of the server with everything in it that a driver exposes.
//!
//! It is compared as text, so that a test that expects an error states every field of it: one that is
//! missing or superfluous is a difference.

use std::fmt;

use postgres::error::DbError;

/// An error that the server raised.
#[derive(Clone, Debug)]
pub struct Refusal {
    // Boxed to keep the results small that hold one.
    error: Box<DbError>,
}

impl Refusal {
    /// The server's part of `error`.
    ///
    /// # Panics
    /// When the error is the driver's own, such as a lost connection.
    #[must_use]
    #[track_caller]
    pub fn of(error: &postgres::Error) -> Self {
        let Some(server) = error.as_db_error() else {
            panic!("an error of the server was expected, and the driver says: {error:?}");
        };
        Self {
            error: Box::new(server.clone()),
        }
    }

    /// The five characters of the condition.
    #[must_use]
    pub fn sqlstate(&self) -> &str {
        self.error.code().code()
    }

    /// The message alone.
    #[must_use]
    pub fn message(&self) -> &str {
        self.error.message()
    }

    /// DETAIL, where the error has one.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.error.detail()
    }

    /// HINT, where the error has one.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.error.hint()
    }

    /// The constraint that is violated, where the error names one.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        self.error.constraint()
    }

    /// CONTEXT, which is no part of the text: it names PostgreSQL's own functions and lines.
    #[must_use]
    pub fn context(&self) -> Option<&str> {
        self.error.where_()
    }
}

/// `SQLSTATE: message`, then a line for each field that is there.
impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.sqlstate(), self.message())?;
        let error = &self.error;
        let fields = [
            ("DETAIL", error.detail()),
            ("HINT", error.hint()),
            ("SCHEMA", error.schema()),
            ("TABLE", error.table()),
            ("COLUMN", error.column()),
            ("TYPE", error.datatype()),
            ("CONSTRAINT", error.constraint()),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                write!(formatter, "\n{name}: {value}")?;
            }
        }
        Ok(())
    }
}
