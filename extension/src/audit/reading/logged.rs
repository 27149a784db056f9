//! One entry of the log, whole: what it would take to put the row back.

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::recorded_json;
use crate::pg::statement;

use super::audited::Audited;
use super::key::RowKey;
use super::log::{Kind, RowLog};
use super::present::REDACTED;

/// What an entry did, and with which values it is put back.
pub(super) enum Logged {
    /// The row was inserted, as this.
    Insert { row: String },
    /// The row was deleted, and was this.
    Delete { row: String },
    /// The row, which now has this key, got the values `to` in place of `from`.
    Update {
        key: RowKey,
        from: String,
        to: String,
    },
}

impl Logged {
    /// The entry with that number about the row with that key.
    pub(super) fn read(audited: &Audited, key: &RowKey, sequence: i64) -> Self {
        let log = RowLog::of(audited, key);
        let mut found = None;
        log.for_entry(
            sequence,
            ", e.action, e.before::pg_catalog.text, e.after::pg_catalog.text",
            |entry, row| {
                let text = |column| row.value(column).as_text().unwrap_or_default();
                found = Some((entry.kind, text(5), text(6), text(7)));
            },
        );
        let Some((kind, action, before, after)) = found else {
            refuse_unknown(audited, key, sequence);
        };
        match (kind, action.as_str()) {
            (Kind::Truncation, _) => refuse_truncation(audited, sequence),
            (_, "INSERT") => Self::Insert { row: after },
            (_, "DELETE") => Self::Delete { row: before },
            (kind, _) => Self::Update {
                key: key_since(audited, key, kind, &after),
                from: common(&before, &after),
                to: common(&after, &before),
            },
        }
    }
}

/// The key that the row has since the entry.
fn key_since(audited: &Audited, key: &RowKey, kind: Kind, after: &str) -> RowKey {
    if kind == Kind::Departure {
        key.with(audited, after)
    } else {
        key.clone()
    }
}

/// The members of `one` that `other` has too: of an UPDATE that changed the key, one side is the whole row.
fn common(one: &str, other: &str) -> String {
    let json = recorded_json::evaluate(
        &format!(
            "(select coalesce(pg_catalog.jsonb_object_agg(c.key, c.value), '{{}}') \
             from pg_catalog.jsonb_each({}::pg_catalog.jsonb) as c (key, value) \
             where {}::pg_catalog.jsonb operator(pg_catalog.?) c.key)",
            name::literal(one),
            name::literal(other),
        ),
        &[],
    );
    json.unwrap_or_default()
}

/// A column of a JSON object, by whether a log holds its value.
pub(super) struct Member {
    pub(super) name: String,
    /// What stands there in its place.
    pub(super) missing: Option<Missing>,
}

/// Why a log does not hold a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    Redacted,
    TooLarge,
}

/// The columns of a JSON object.
pub(super) fn members(json: &str) -> Vec<Member> {
    let mut members = Vec::new();
    let sql = format!(
        "select c.key, case when c.value operator(pg_catalog.=) {REDACTED} then 'redacted' \
             when pg_catalog.jsonb_typeof(c.value) operator(pg_catalog.=) 'object' \
                 and pg_catalog.jsonb_typeof(c.value operator(pg_catalog.->) 'too_large'::pg_catalog.text) \
                     operator(pg_catalog.=) 'number' \
                 and c.value operator(pg_catalog.-) 'too_large'::pg_catalog.text operator(pg_catalog.=) '{{}}' \
             then 'too_large' end::pg_catalog.text \
         from pg_catalog.jsonb_each({}::pg_catalog.jsonb) as c (key, value)",
        name::literal(json),
    );
    statement::for_each_row(&sql, |row| {
        let missing = match row.value(2).as_text().as_deref() {
            Some("redacted") => Some(Missing::Redacted),
            Some(_) => Some(Missing::TooLarge),
            None => None,
        };
        if let Some(name) = row.value(1).as_text() {
            members.push(Member { name, missing });
        }
    });
    members
}

fn refuse_unknown(audited: &Audited, key: &RowKey, sequence: i64) -> ! {
    let (table, log) = (
        audited.table.qualified_name(),
        audited.destination.qualified_name(),
    );
    Report::new(
        SqlState::UNDEFINED_OBJECT,
        format!(
            "log {log} has no entry {sequence} about the row {} of table {table}",
            key.json
        ),
    )
    .hint(format!(
        "Its entries: select * from steward.history({}, {}, {});",
        name::literal(&table),
        key.literal(),
        name::literal(&log),
    ))
    .table(&audited.table)
    .raise()
}

fn refuse_truncation(audited: &Audited, sequence: i64) -> ! {
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("entry {sequence} is a TRUNCATE, which cannot be undone"),
    )
    .detail("A TRUNCATE removes rows without looking at them: the log does not hold them.")
    .hint("What the log still holds of a row before it: select steward.as_of(...).")
    .table(&audited.table)
    .raise()
}
