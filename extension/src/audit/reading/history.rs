//! `history`: everything that was recorded about a row.

use pgrx::pg_sys;

use crate::pg::function::Arguments;
use crate::pg::rows::Rows;
use crate::pg::statement::Sight;

use super::audited::{Audited, Readable};
use super::key::RowKey;
use super::log::RowLog;
use super::own_table;

/// The columns after the sequence, as SQL about a row `e` of the log. Timestamps are written so that they
/// are read again whatever `DateStyle` is.
const COLUMNS: [&str; 12] = [
    "pg_catalog.to_jsonb(e.logged_at) operator(pg_catalog.#>>) '{}'::pg_catalog.text[]",
    "e.action",
    "e.actor",
    "e.actor_source",
    "e.before::pg_catalog.text",
    "e.after::pg_catalog.text",
    "e.key::pg_catalog.text",
    "e.transaction::pg_catalog.text",
    "pg_catalog.to_jsonb(e.transaction_at) operator(pg_catalog.#>>) '{}'::pg_catalog.text[]",
    "e.session_role",
    "e.invoking_role",
    "e.application_name",
];

/// `steward.history(target, key, log)`.
pub(super) fn history(arguments: &Arguments) -> Rows {
    answer(arguments, RowKey::of_text)
}

/// `steward.history(target, key jsonb, log)`.
pub(super) fn history_of_json(arguments: &Arguments) -> Rows {
    answer(arguments, RowKey::of_json_as_recorded)
}

fn answer(arguments: &Arguments, read: fn(&Audited, &str) -> RowKey) -> Rows {
    let target: pg_sys::Oid = arguments.required(0, "target");
    let key = arguments.required_text(1, "key");
    let log: Option<pg_sys::Oid> = arguments.optional(2);
    let audited = Audited::of(target, log, Readable::Any, Sight::AsAsked);
    let key = read(&audited, &key);
    if !audited.is_log {
        return own_table::history(&audited, &key);
    }
    let columns = format!(", {}", COLUMNS.join(", "));
    let mut rows = Vec::new();
    RowLog::of(&audited, &key).for_each_entry(&columns, |entry, row| {
        let mut values = vec![Some(entry.sequence.to_string())];
        values.extend(
            (5..)
                .take(COLUMNS.len())
                .map(|column| row.value(column).as_text()),
        );
        rows.push(values);
    });
    Rows(rows)
}
