//! `undo`: puts a row back to what it was before one entry of the log.
//!
//! What is written is what the caller could have written by hand: with their rights and policies, firing
//! the table's triggers, and audited itself. The row is looked at first, then the log, then the row is
//! written if it is still the version that was looked at; so what is undone is what was compared.

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::{Arguments, Json};
use crate::pg::name;
use crate::pg::statement::{self, Sight};

use super::audited::{Audited, Readable};
use super::key::RowKey;
use super::log::RowLog;
use super::logged::{self, Logged};
use super::present::{Present, REDACTED};
use super::restore;

/// `steward.undo(target, key, sequence, log)`.
pub(super) fn undo(arguments: &Arguments) -> Option<Json> {
    answer(arguments, RowKey::of_text)
}

/// `steward.undo(target, key jsonb, sequence, log)`.
pub(super) fn undo_json(arguments: &Arguments) -> Option<Json> {
    answer(arguments, RowKey::of_json)
}

fn answer(arguments: &Arguments, read: fn(&Audited, &str) -> RowKey) -> Option<Json> {
    let target: pg_sys::Oid = arguments.required(0, "target");
    let key = arguments.required_text(1, "key");
    let sequence: i64 = arguments.required(2, "sequence");
    let log: Option<pg_sys::Oid> = arguments.optional(3);
    let audited = Audited::of(target, log, Readable::Logs, Sight::Now);
    let key = read(&audited, &key);
    let undo = Undo {
        audited: &audited,
        sequence,
    };
    let key = match Logged::read(&audited, &key, sequence) {
        Logged::Insert { row } => {
            undo.insert(&key, &row);
            key
        }
        Logged::Delete { row } => {
            undo.delete(&key, &row);
            key
        }
        Logged::Update { key, from, to } => {
            undo.update(&key, &from, &to);
            key.with(&audited, &from)
        }
    };
    Present::read(&audited, &key)
        .and_then(|row| row.as_recorded(&audited))
        .map(Json)
}

struct Undo<'question> {
    audited: &'question Audited,
    sequence: i64,
}

impl Undo<'_> {
    /// Deletes the row that was inserted.
    fn insert(&self, key: &RowKey, row: &str) {
        let present = self.present(key, row);
        if self.redacted_values_changed(key) {
            self.refuse_changed(key, "a redacted column of it changed");
        }
        let written = statement::change(&restore::delete(self.audited, key, &present));
        self.check_written(written, key, Some(&present));
    }

    /// Inserts the row that was deleted.
    fn delete(&self, key: &RowKey, row: &str) {
        let columns = restore::columns(self.audited, self.sequence, row);
        if Present::read(self.audited, key).is_some() {
            self.refuse_changed(key, "there is a row with its key");
        }
        let written = statement::change(&restore::insert(self.audited, &columns, row));
        self.check_written(written, key, None);
    }

    /// Gives the row the values `from` that it had before it got `to`.
    fn update(&self, key: &RowKey, from: &str, to: &str) {
        let columns = restore::columns(self.audited, self.sequence, from);
        let present = self.present(key, to);
        if columns.is_empty() {
            // Only generated columns changed; they follow from others, which the log leaves out.
            return;
        }
        let sql = restore::update(self.audited, key, &present, &columns, from);
        let written = statement::change(&sql);
        self.check_written(written, key, Some(&present));
    }

    /// The row as it is now, if it still holds what the entry left.
    fn present(&self, key: &RowKey, left: &str) -> Present {
        let Some(present) = Present::read(self.audited, key) else {
            self.refuse_changed(key, "it is not there");
        };
        let differing = differing(&present, left);
        if !differing.is_empty() {
            let differing: Vec<_> = differing
                .iter()
                .map(|name| name::identifier(name))
                .collect();
            self.refuse_changed(
                key,
                &format!("it has other values in {}", differing.join(", ")),
            );
        }
        present
    }

    /// True where a later entry says that a value changed which the log does not hold.
    fn redacted_values_changed(&self, key: &RowKey) -> bool {
        let log = RowLog::of(self.audited, key);
        let sql = format!(
            "select from {} as e where {} and e.sequence operator(pg_catalog.>) {} \
             and exists (select from pg_catalog.jsonb_each(e.after) as c (key, value) \
                 where c.value operator(pg_catalog.=) {REDACTED})",
            log.name(),
            log.is_of_row(),
            self.sequence,
        );
        let mut changed = false;
        statement::for_each_row_with(&sql, &[], self.audited.sight, |_| changed = true);
        changed
    }

    fn refuse_changed(&self, key: &RowKey, how: &str) -> ! {
        const MOST: usize = 10;
        let mut later = Vec::new();
        RowLog::of(self.audited, key).for_each_entry("", |entry, _| {
            if entry.sequence > self.sequence {
                later.push(entry.sequence.to_string());
            }
        });
        let more = later.len().saturating_sub(MOST);
        later.truncate(MOST);
        let detail = match (later.is_empty(), more) {
            (true, _) => "The log has no later entry about it: it was changed past the audit, or you may not see it.".to_owned(),
            (false, 0) => format!("Later entries about it: {}.", later.join(", ")),
            (false, more) => format!("Later entries about it: {}, and {more} more.", later.join(", ")),
        };
        Report::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "entry {} cannot be undone: the row {} is not what it left, {how}",
                self.sequence, key.json
            ),
        )
        .detail(detail)
        .hint("Undo the later entries first, the newest before the others; or change the row by hand.")
        .table(&self.audited.table)
        .raise()
    }

    fn check_written(&self, written: u64, key: &RowKey, was: Option<&Present>) {
        if written > 0 {
            return;
        }
        let is = Present::read(self.audited, key);
        let version = |row: Option<&Present>| row.map(|row| row.version.clone());
        if version(was) != version(is.as_ref()) {
            Report::new(
                SqlState::SERIALIZATION_FAILURE,
                format!("the row {} was changed at the same time", key.json),
            )
            .hint("Try the transaction again.")
            .table(&self.audited.table)
            .raise()
        }
        Report::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "entry {} was not undone: the row {} could not be written",
                self.sequence, key.json
            ),
        )
        .detail("A policy or a trigger of the table left it as it is.")
        .table(&self.audited.table)
        .raise()
    }
}

/// The columns that hold something else in the row than in `left`. Those that are gone, and those whose value
/// the log does not hold, cannot be compared.
fn differing(present: &Present, left: &str) -> Vec<String> {
    let comparable: Vec<_> = logged::members(left)
        .into_iter()
        .filter(|member| member.missing.is_none())
        .map(|member| name::literal(&member.name))
        .collect();
    let mut differing = Vec::new();
    let sql = format!(
        "select c.key from pg_catalog.jsonb_each({}::pg_catalog.jsonb) as c (key, value) \
         where c.key operator(pg_catalog.=) any (array[{}]::pg_catalog.text[]) \
             and {present}::pg_catalog.jsonb operator(pg_catalog.?) c.key \
             and ({present}::pg_catalog.jsonb operator(pg_catalog.->) c.key) operator(pg_catalog.<>) c.value",
        name::literal(left),
        comparable.join(", "),
        present = name::literal(&present.json),
    );
    statement::for_each_row(&sql, |row| differing.extend(row.value(1).as_text()));
    differing
}
