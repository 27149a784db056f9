//! The statements with which `undo` writes.

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::Attribute;

use super::audited::Audited;
use super::key::{RowKey, definitions};
use super::logged::{self, Missing};
use super::present::Present;

/// The columns whose values have to be put back: those of the JSON object `values` that are not computed.
pub(super) fn columns(audited: &Audited, sequence: i64, values: &str) -> Vec<Attribute> {
    let mut columns = Vec::new();
    for member in logged::members(values) {
        let Some(column) = audited.table.attribute(&member.name) else {
            refuse_gone(audited, sequence, &member.name);
        };
        if column.generated {
            continue;
        }
        if let Some(missing) = member.missing {
            refuse_missing(audited, sequence, &column, missing);
        }
        columns.push(column);
    }
    columns
}

pub(super) fn delete(audited: &Audited, key: &RowKey, present: &Present) -> String {
    format!(
        "delete from {} as t using {} where {} and {}",
        audited.table.qualified_name(),
        key.source("k"),
        key.condition("t", "k"),
        present.version,
    )
}

pub(super) fn insert(audited: &Audited, columns: &[Attribute], values: &str) -> String {
    let table = audited.table.qualified_name();
    if columns.is_empty() {
        return format!("insert into {table} default values");
    }
    let names: Vec<_> = columns
        .iter()
        .map(|column| name::identifier(&column.name))
        .collect();
    let read: Vec<_> = columns.iter().map(value).collect();
    format!(
        "insert into {table} ({}) overriding system value select {} from {}",
        names.join(", "),
        read.join(", "),
        source(columns, values),
    )
}

pub(super) fn update(
    audited: &Audited,
    key: &RowKey,
    present: &Present,
    columns: &[Attribute],
    values: &str,
) -> String {
    let assignments: Vec<_> = columns
        .iter()
        .map(|column| format!("{} = {}", name::identifier(&column.name), value(column)))
        .collect();
    format!(
        "update {} as t set {} from {}, {} where {} and {}",
        audited.table.qualified_name(),
        assignments.join(", "),
        source(columns, values),
        key.source("k"),
        key.condition("t", "k"),
        present.version,
    )
}

/// The values as one row called `v`.
fn source(columns: &[Attribute], values: &str) -> String {
    format!(
        "pg_catalog.jsonb_to_record({}::pg_catalog.jsonb) as v ({})",
        name::literal(values),
        definitions(columns),
    )
}

/// A log has `null` for SQL's NULL and for that of JSON; where the column takes no NULL it was the other.
fn value(column: &Attribute) -> String {
    let value = format!("v.{}", name::identifier(&column.name));
    let is_json = matches!(column.base_type(), pg_sys::JSONOID | pg_sys::JSONBOID);
    if is_json && column.not_null {
        format!("coalesce({value}, 'null')")
    } else {
        value
    }
}

fn refuse_gone(audited: &Audited, sequence: i64, column: &str) -> ! {
    let table = audited.table.qualified_name();
    Report::new(
        SqlState::UNDEFINED_COLUMN,
        format!(
            "entry {sequence} cannot be undone: table {table} has no column {} any more",
            name::identifier(column),
        ),
    )
    .detail("The log names columns as they were called when it was written.")
    .hint("If it was renamed or dropped, put the row back by hand: select steward.as_of(...) shows what it was.")
    .table(&audited.table)
    .column(column)
    .raise()
}

fn refuse_missing(audited: &Audited, sequence: i64, column: &Attribute, missing: Missing) -> ! {
    let (how, detail) = match missing {
        Missing::Redacted => (
            "is redacted",
            "Of a redacted column the log holds that it changed, never what it was: {\"redacted\": true} stands for the value.",
        ),
        Missing::TooLarge => (
            "was too large for the log",
            "Of such a value the log holds the size: {\"too_large\": bytes} stands for it.",
        ),
    };
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "entry {sequence} cannot be undone: column {} of table {} {how}",
            name::identifier(&column.name),
            audited.table.qualified_name(),
        ),
    )
    .detail(detail)
    .hint("Put the row back by hand, with a value for that column.")
    .table(&audited.table)
    .column(&column.name)
    .raise()
}
