//! The extension, as far as a command has to know of it.

use postgres::Transaction;

use crate::engine::simple_query::rows;
use crate::error::{Error, Result};

/// Makes sure that the database has the extension.
///
/// # Errors
/// It has not.
pub(crate) fn must_be_there(transaction: &mut Transaction) -> Result<()> {
    let found = rows(
        transaction,
        "select pg_catalog.current_database() as database
          where pg_catalog.to_regclass('steward.attachments') is null",
    )?;
    let Some(row) = found.first() else {
        return Ok(());
    };
    let database = row.get("database").unwrap_or_default();
    Err(Error::failure(format!(
        "the extension steward is not installed in database \"{database}\""
    ))
    .hint("create extension steward;"))
}
