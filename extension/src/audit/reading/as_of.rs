//! `as_of`: what a row was at a time.
//!
//! Going back from the row as it is now needs only what was logged since then. Where that is not to be had
//! (a TRUNCATE records no rows), the row is put together going forward, from the entry that last held it
//! whole.

use std::ops::Range;

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::function::{Arguments, Json};
use crate::pg::name;
use crate::pg::recorded_json;
use crate::pg::statement::{self, Sight};
use crate::pg::tuple::Value;

use super::super::choice::Action;
use super::audited::{Audited, Readable};
use super::key::RowKey;
use super::log::{Entry, Kind, RowLog};
use super::present::Present;

/// `steward.as_of(target, key, at, log)`.
pub(super) fn as_of(arguments: &Arguments) -> Option<Json> {
    answer(arguments, RowKey::of_text)
}

/// `steward.as_of(target, key jsonb, at, log)`.
pub(super) fn as_of_json(arguments: &Arguments) -> Option<Json> {
    answer(arguments, RowKey::of_json)
}

fn answer(arguments: &Arguments, read: fn(&Audited, &str) -> RowKey) -> Option<Json> {
    let target: pg_sys::Oid = arguments.required(0, "target");
    let key = arguments.required_text(1, "key");
    // A timestamp is an integer of eight bytes, infinity included.
    let at: i64 = arguments.required(2, "at");
    let log: Option<pg_sys::Oid> = arguments.optional(3);
    let audited = Audited::of(target, log, Readable::Logs, Sight::AsAsked);
    check_actions(&audited);
    let key = read(&audited, &key);
    let past = Past::read(RowLog::of(&audited, &key), at);
    let present = Present::read(&audited, &key).and_then(|row| row.as_recorded(&audited));
    past.state(present).map(Json)
}

/// Without a record of every kind of change there would be an answer, and it would be wrong.
fn check_actions(audited: &Audited) {
    let needed = [Action::Insert, Action::Update, Action::Delete];
    let Some(missing) = needed
        .into_iter()
        .find(|action| !audited.choice.records(*action))
    else {
        return;
    };
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "{} is not recorded of table {}",
            missing.name(),
            audited.table.qualified_name(),
        ),
    )
    .detail("What a row was at a time follows from all its changes since.")
    .hint("Leave out the argument actions when you call steward.audit(...).")
    .table(&audited.table)
    .raise()
}

/// The entries about a row, up to a time and after it.
struct Past<'question> {
    log: RowLog<'question>,
    entries: Vec<Entry>,
    /// The first entry after the time.
    split: usize,
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

impl<'question> Past<'question> {
    fn read(log: RowLog<'question>, at: i64) -> Self {
        let is_later = format!(
            ", (e.logged_at operator(pg_catalog.>) {})::pg_catalog.text",
            timestamp(at)
        );
        let (mut entries, mut split) = (Vec::new(), None);
        log.for_each_entry(&is_later, |entry, row| {
            if row.value(5).as_text().as_deref() == Some("true") {
                split.get_or_insert(entries.len());
            }
            entries.push(entry.clone());
        });
        let split = split.unwrap_or(entries.len());
        Self {
            log,
            entries,
            split,
        }
    }

    /// What the row was at the time; none where there was none.
    fn state(&self, present: Option<String>) -> Option<String> {
        let later = &self.entries[self.split..];
        let turn = later.iter().position(|entry| entry.kind != Kind::Change);
        let changes = self.split..self.split + turn.unwrap_or(later.len());
        match turn.map(|turn| &later[turn]) {
            Some(entry) if entry.kind == Kind::Arrival => None,
            Some(entry) if entry.kind == Kind::Departure => {
                self.merged(&self.logged(entry, Side::Before), changes, Side::Before)
            }
            Some(_) => self.forward(),
            None => match present {
                Some(row) => {
                    let row = format!("{}::pg_catalog.jsonb", name::literal(&row));
                    self.merged(&row, changes, Side::Before)
                }
                None => self.forward(),
            },
        }
    }

    /// The same from what came before the time.
    fn forward(&self) -> Option<String> {
        let earlier = &self.entries[..self.split];
        let Some(turn) = earlier.iter().rposition(|entry| entry.kind != Kind::Change) else {
            if self.entries.is_empty() {
                return None;
            }
            self.refuse()
        };
        let entry = &earlier[turn];
        (entry.kind == Kind::Arrival)
            .then(|| {
                self.merged(
                    &self.logged(entry, Side::After),
                    turn + 1..self.split,
                    Side::After,
                )
            })
            .flatten()
    }

    /// The expression for what an entry holds.
    fn logged(&self, entry: &Entry, side: Side) -> String {
        format!(
            "(select e.{} from {} as e where {} and e.sequence operator(pg_catalog.=) {})",
            side.name(),
            self.log.name(),
            self.log.is_of_row(),
            entry.sequence,
        )
    }

    /// A row, as SQL, with one side of these changes laid over it: where several have a column, the one that
    /// is nearest to the time counts.
    fn merged(&self, row: &str, changes: Range<usize>, side: Side) -> Option<String> {
        let expression = match self.entries[changes]
            .iter()
            .map(|entry| entry.sequence)
            .fold(None, |range: Option<(i64, i64)>, sequence| {
                Some((range.map_or(sequence, |(first, _)| first), sequence))
            }) {
            None => row.to_owned(),
            Some((first, last)) => format!(
                "{row} operator(pg_catalog.||) coalesce((\
                     select pg_catalog.jsonb_object_agg(c.key, c.value order by e.sequence {}) \
                     from {} as e cross join lateral pg_catalog.jsonb_each(e.{}) as c (key, value) \
                     where {} and e.sequence operator(pg_catalog.>=) {first} \
                         and e.sequence operator(pg_catalog.<=) {last}), '{{}}')",
                side.order(),
                self.log.name(),
                side.name(),
                self.log.is_of_row(),
            ),
        };
        let mut state = None;
        statement::for_each_row(&format!("select ({expression})::pg_catalog.text"), |row| {
            state = row.value(1).as_text();
        });
        state
    }

    fn refuse(&self) -> ! {
        Report::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("what the row {} was then is not in the log", self.log.key.json),
        )
        .detail(
            "The log holds changes of the row, but neither the row as it came into being nor as it ended: it is \
             older than the audit, and went by TRUNCATE or past the audit.",
        )
        .raise()
    }
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }

    /// The order in which the entry that is nearest to the time comes last.
    const fn order(self) -> &'static str {
        match self {
            Self::Before => "desc",
            Self::After => "asc",
        }
    }
}

/// A timestamp as SQL, whatever the session's settings.
fn timestamp(at: i64) -> String {
    let json = recorded_json::evaluate(
        "pg_catalog.to_jsonb($1)",
        &[(pg_sys::TIMESTAMPTZOID, Value::bigint(at))],
    );
    format!(
        "({}::pg_catalog.jsonb operator(pg_catalog.#>>) '{{}}'::pg_catalog.text[])::pg_catalog.timestamptz",
        name::literal(&json.unwrap_or_default())
    )
}
