//! What the commands that keep a log have in common, and `steward audit extend`.

use postgres::{Client, SimpleQueryRow, Transaction};
use serde::Serialize;

use crate::audit::{Log, Usable};
use crate::cli::{Global, LockTimeout, LogName};
use crate::command::connect::connect;
use crate::engine::simple_query::rows;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::extension;
use crate::output::{Console, Report};

/// Partitions of a log.
#[derive(Serialize)]
pub(super) struct Partitions {
    pub(super) log: String,
    pub(super) partitions: Vec<String>,
}

impl Report for Partitions {
    fn text(&self) -> Option<String> {
        (!self.partitions.is_empty()).then(|| self.partitions.join("\n"))
    }
}

/// Finds the log, in a transaction of its own, so that none of its locks are held when it is worked on.
pub(super) fn find(client: &mut Client, name: &LogName) -> Result<Log> {
    let mut transaction = client.build_transaction().read_only(true).start()?;
    extension::must_be_there(&mut transaction)?;
    Log::find(&mut transaction, name.log.as_deref(), Usable::ToKeep, None)
}

/// Calls a function of the extension; `sql` is the query around it.
pub(super) fn call(transaction: &mut Transaction, sql: &str) -> Result<Vec<SimpleQueryRow>> {
    rows(transaction, sql).map_err(|error| match error.sqlstate() {
        Some("42883") => error.and_hint(
            "The extension in this database is older than this command: alter extension steward update;",
        ),
        Some("55P03") => error.and_hint(
            "Somebody uses the log. Try at a quieter time, or with another --lock-timeout.",
        ),
        _ => error,
    })
}

/// Has this transaction wait for locks no longer than that.
pub(super) fn wait(transaction: &mut Transaction, locking: LockTimeout) -> Result<()> {
    transaction.batch_execute(&format!(
        "set local lock_timeout = {}",
        locking.lock_timeout.as_millis()
    ))?;
    Ok(())
}

/// The first column.
pub(super) fn names(found: &[SimpleQueryRow]) -> Vec<String> {
    found
        .iter()
        .filter_map(|row| row.get(0).map(ToOwned::to_owned))
        .collect()
}

/// `steward audit extend`
pub(super) fn extend(
    log: &LogName,
    ahead: i32,
    locking: LockTimeout,
    global: &Global,
    console: &Console,
) -> Result<Exit> {
    let mut client = connect(global, console)?;
    let log = find(&mut client, log)?;
    let mut transaction = client.transaction()?;
    wait(&mut transaction, locking)?;
    let sql = format!(
        "select made::pg_catalog.text from steward.extend_audit_log({}, {ahead}) as made",
        log.literal()
    );
    let made = names(&call(&mut transaction, &sql)?);
    transaction.commit().map_err(Error::from)?;
    if made.is_empty() {
        console.note(&format!("{} has all partitions that it needs", log.name));
    }
    console.show(&Partitions {
        log: log.name,
        partitions: made,
    })?;
    Ok(Exit::Success)
}
