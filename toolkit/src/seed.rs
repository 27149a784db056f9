//! Runs a seed of a blueprint, in one transaction.
//!
//! The seeds are written so that a second run changes nothing; what was changed is taken from the
//! server's own counters, which count what triggers do, too. They are called those of the transaction,
//! but hold whatever the session has not reported yet: so what stood there before is taken off.

use std::collections::HashMap;

use postgres::Client;
use serde::Serialize;

use crate::engine::{self, Observer, SchemaName};
use crate::error::Result;
use crate::migration::Script;

/// What became of a table's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The table, as it is named in the schema.
    pub table: String,
    /// How many rows are new.
    pub inserted: i64,
    /// How many were changed.
    pub updated: i64,
    /// How many are gone.
    pub deleted: i64,
}

/// Runs the script and returns the tables that it changed, but for those in which a rule keeps what
/// it has to remember.
///
/// # Errors
/// A statement fails; nothing is changed then.
pub fn run(
    client: &mut Client,
    schema: &SchemaName,
    script: &Script,
    observer: &dyn Observer,
) -> Result<Vec<Changes>> {
    client.batch_execute(&format!(
        "begin; set local search_path = {}",
        schema.identifier()
    ))?;
    let done = changes_by(client, |client| {
        engine::run_script(client, script, observer)
    });
    let end = if done.is_ok() { "commit" } else { "rollback" };
    let ended = client.batch_execute(end);
    let changes = done?;
    ended?;
    Ok(changes)
}

/// What `work` changes.
fn changes_by(
    client: &mut Client,
    work: impl FnOnce(&mut Client) -> Result<()>,
) -> Result<Vec<Changes>> {
    let before: HashMap<String, Changes> = counted(client)?
        .into_iter()
        .map(|changes| (changes.table.clone(), changes))
        .collect();
    work(client)?;
    let mut changes = counted(client)?;
    for table in &mut changes {
        if let Some(earlier) = before.get(&table.table) {
            table.inserted -= earlier.inserted;
            table.updated -= earlier.updated;
            table.deleted -= earlier.deleted;
        }
    }
    changes.retain(|table| (table.inserted, table.updated, table.deleted) != (0, 0, 0));
    Ok(changes)
}

/// What the server has counted, table by table.
fn counted(client: &mut Client) -> Result<Vec<Changes>> {
    // A table that goes with a trigger of the extension is what that trigger has to remember, and no data.
    // A table that it only writes to, as that of a history, is the blueprint's.
    let rows = client.query(
        "select relid::pg_catalog.regclass::text, n_tup_ins, n_tup_upd, n_tup_del
           from pg_catalog.pg_stat_xact_user_tables
          where n_tup_ins + n_tup_upd + n_tup_del > 0
            and not exists (
                select from pg_catalog.pg_trigger as t
                  join pg_catalog.pg_proc as p on p.oid = t.tgfoid
                  join pg_catalog.pg_depend as d
                    on d.refclassid = 'pg_catalog.pg_trigger'::pg_catalog.regclass and d.refobjid = t.oid
                 where t.tgconstrrelid = relid
                   and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = relid and d.deptype = 'e'
                   and p.pronamespace = pg_catalog.to_regnamespace('steward'))
          order by 1",
        &[],
    )?;
    Ok(rows
        .iter()
        .map(|row| Changes {
            table: row.get(0),
            inserted: row.get(1),
            updated: row.get(2),
            deleted: row.get(3),
        })
        .collect())
}
