//! What a statement came to, as the server told it.

use postgres::error::DbError;
use postgres::{Client, SimpleQueryMessage};
use serde::Serialize;

use crate::error::Result;

/// A value as text, or NULL.
pub(super) type Value = Option<String>;

/// What a statement came to.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(super) enum Outcome {
    Allowed(ResultSet),
    Refused(Refusal),
}

/// What a statement returned.
#[derive(Debug, Default, Serialize)]
pub(super) struct ResultSet {
    /// The names of the columns; none where the statement returns no rows at all.
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
    /// How many rows it returned or changed.
    #[serde(rename = "rows_affected")]
    pub(super) affected: u64,
}

/// An error of the server, in its own words.
#[derive(Debug, Serialize)]
pub(super) struct Refusal {
    pub(super) sqlstate: String,
    pub(super) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}

impl Outcome {
    /// Runs one statement.
    ///
    /// A refusal is an outcome; an error is only what has not come from the server, as a
    /// connection that is lost.
    pub(super) fn of(client: &mut Client, sql: &str) -> Result<Self> {
        match client.simple_query(sql) {
            Ok(messages) => Ok(Self::Allowed(ResultSet::from(messages))),
            Err(error) => match error.as_db_error() {
                Some(refusal) => Ok(Self::Refused(Refusal::from(refusal))),
                None => Err(error.into()),
            },
        }
    }

    /// What it came to, in words.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Refused(refusal) => {
                format!("a refusal with {}: {}", refusal.sqlstate, refusal.message)
            }
            Self::Allowed(result) if result.columns.is_empty() => {
                format!("it was allowed and changed {} row(s)", result.affected)
            }
            Self::Allowed(result) => {
                let rows: Vec<_> = result.rows.iter().map(|row| row_in_words(row)).collect();
                format!("the rows {}", rows.join(", "))
            }
        }
    }
}

impl ResultSet {
    /// Whether nothing was returned, or what a function returns that returns nothing.
    pub(super) fn shows_nothing(&self) -> bool {
        self.rows
            .iter()
            .flatten()
            .all(|value| value.as_deref() == Some(""))
            && (self.columns.is_empty() || !self.rows.is_empty())
    }
}

impl From<Vec<SimpleQueryMessage>> for ResultSet {
    fn from(messages: Vec<SimpleQueryMessage>) -> Self {
        let mut result = Self::default();
        for message in messages {
            match message {
                SimpleQueryMessage::RowDescription(columns) => {
                    result.columns = columns.iter().map(|one| one.name().to_owned()).collect();
                }
                SimpleQueryMessage::Row(row) => result.rows.push(
                    (0..row.len())
                        .map(|column| row.get(column).map(str::to_owned))
                        .collect(),
                ),
                SimpleQueryMessage::CommandComplete(affected) => result.affected = affected,
                _ => {}
            }
        }
        result
    }
}

impl From<&DbError> for Refusal {
    fn from(error: &DbError) -> Self {
        Self {
            sqlstate: error.code().code().to_owned(),
            message: error.message().to_owned(),
            detail: error.detail().map(str::to_owned),
            hint: error.hint().map(str::to_owned),
        }
    }
}

fn row_in_words(row: &[Value]) -> String {
    let values: Vec<_> = row
        .iter()
        .map(|value| value.as_deref().unwrap_or("NULL"))
        .collect();
    format!("({})", values.join(", "))
}
