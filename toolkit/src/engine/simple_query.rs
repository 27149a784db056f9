//! Queries in the simple protocol: they need no prepared statement, which a transaction pooler
//! would lose, and several statements share one round trip.

use postgres::{Client, GenericClient, SimpleQueryMessage, SimpleQueryRow};

use crate::error::Result;

/// The rows of the one query in `sql` that has any.
pub(crate) fn rows(client: &mut impl GenericClient, sql: &str) -> Result<Vec<SimpleQueryRow>> {
    let messages = client.simple_query(sql)?;
    Ok(messages
        .into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        })
        .collect())
}

/// How many rows the last statement of `sql` touched.
pub(super) fn affected(client: &mut Client, sql: &str) -> Result<u64> {
    let messages = client.simple_query(sql)?;
    Ok(messages
        .iter()
        .rev()
        .find_map(|message| match message {
            SimpleQueryMessage::CommandComplete(count) => Some(*count),
            _ => None,
        })
        .unwrap_or_default())
}

/// Whether the server sent `t`.
pub(crate) fn is_true(row: &SimpleQueryRow, column: &str) -> bool {
    row.get(column) == Some("t")
}
