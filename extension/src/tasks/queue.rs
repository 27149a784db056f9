//! The side table as a queue: what can be begun, the best first.
//!
//! An index holds all rows with those first that are `is_ready` (open, unblocked, not claimed), by priority,
//! due date and key; so the first of them cost the same in a queue of a thousand and of a million. A task
//! whose claim has expired is ready too, which nobody has written down: there is an index on the ends of
//! claims, and the few that have ended are sorted in between.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::index;
use crate::pg::kept_value::{KeptColumn, KeptValue};
use crate::pg::key::{Key, KeyType};
use crate::pg::ordered::{Condition, rows_in_order};
use crate::pg::ordering::ColumnOrder;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::row_lock::LockedRow;
use crate::pg::scan::{Indexed, LookUp, View};
use crate::pg::sequence;
use crate::pg::side_table::Writer;
use crate::pg::tuple::{Row, Value};

use super::precedence::Precedence;
use super::tracked::Tracked;

/// The side table, open.
pub(super) struct Queue {
    pub(super) table: Indexed,
    pub(super) by_task: LookUp,
    pub(super) columns: Columns,
    ready_index: pg_sys::Oid,
    lease_index: pg_sys::Oid,
    /// The sequence of tokens.
    pub(super) tokens: pg_sys::Oid,
}

/// Where the side table keeps what a queue needs.
pub(super) struct Columns {
    task: Ordered,
    key_type: KeyType,
    state: i16,
    open_blockers: i16,
    pub(super) is_ready: i16,
    priority: Option<Ordered>,
    due: Option<Ordered>,
    pub(super) claimed_by: i16,
    pub(super) claim_token: i16,
    pub(super) claimed_until: i16,
}

/// A column, and how its values are ordered.
#[derive(Clone)]
struct Ordered {
    column: Attribute,
    order: ColumnOrder,
}

impl Ordered {
    fn of(table: &Relation, column: &str) -> Option<Self> {
        let column = table.attribute(column)?;
        let order = ColumnOrder::of(&column)?;
        Some(Self { column, order })
    }

    fn value<'row>(&self, row: Row<'row>) -> Value<'row> {
        row.value(self.column.number)
    }
}

/// A claim, as its row has it.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    pub(super) holder: Option<String>,
    pub(super) token: i64,
    /// In microseconds as PostgreSQL counts them; none where nobody holds it.
    pub(super) until: Option<i64>,
}

impl Lease {
    pub(super) fn is_held_at(&self, time: i64) -> bool {
        self.until.is_some_and(|until| until > time)
    }
}

impl Queue {
    pub(super) fn open(tracked: &Tracked, lock: Lock) -> Self {
        let opened = Indexed::try_open(tracked.side_table, lock).and_then(Self::of);
        opened.unwrap_or_else(|| {
            Report::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!(
                    "the side table of {} is gone or has changed",
                    tracked.table.qualified_name()
                ),
            )
            .hint("Detach, and attach again with select steward.track_completion(...).")
            .table(&tracked.table)
            .raise()
        })
    }

    fn of(table: Indexed) -> Option<Self> {
        let relation = table.relation();
        let number = |name: &str| Some(relation.attribute(name)?.number);
        let task = Ordered::of(relation, "task")?;
        let columns = Columns {
            key_type: KeyType::of(&task.column)?,
            task,
            state: number("state")?,
            open_blockers: number("open_blockers")?,
            is_ready: number("is_ready")?,
            priority: Ordered::of(relation, "priority"),
            due: Ordered::of(relation, "due"),
            claimed_by: number("claimed_by")?,
            claim_token: number("claim_token")?,
            claimed_until: number("claimed_until")?,
        };
        let of_index: Vec<i16> = [columns.is_ready]
            .into_iter()
            .chain(columns.keys().map(|key| key.column.number))
            .collect();
        let ready_index = index::on_columns(relation, &of_index)?;
        let lease_index = index::on_columns(relation, &[columns.claimed_until])?;
        let tokens = sequence::owned_by(relation)?;
        let task = &columns.task.column;
        let by_task = LookUp {
            index: index::starting_with(relation, task.number, columns.key_type, task.collation),
            column: task.number,
            key_type: columns.key_type,
            collation: task.collation,
        };
        Some(Self {
            table,
            by_task,
            columns,
            ready_index,
            lease_index,
            tokens,
        })
    }

    /// Which priorities come first: those of the call, else those of the attachment.
    pub(super) fn precedence(&self, tracked: &Tracked, asked: Option<&[String]>) -> Precedence {
        let table = &tracked.table;
        let labels = match (asked, &self.columns.priority) {
            (Some(labels), Some(_)) if !labels.is_empty() => labels,
            (_, Some(_)) => &tracked.priorities,
            (Some(_), None) => Report::new(
                SqlState::INVALID_PARAMETER_VALUE,
                format!(
                    "argument \"priorities\" is given, and no priority is tracked of the tasks in {}",
                    table.qualified_name()
                ),
            )
            .hint("Attach again with the column: select steward.track_completion(..., priority => '...').")
            .table(table)
            .raise(),
            (None, None) => &[],
        };
        let Some(priority) = &self.columns.priority else {
            return Precedence::default();
        };
        Precedence::read(table, &priority.column, labels)
    }

    /// Writes columns of a row that is locked.
    pub(super) fn write(&self, row: LockedRow<'_>, values: &[(i16, Value<'_>)]) {
        let mut writer = Writer::open(self.table.relation());
        writer.replace(row.location(), row.row().with_all(values));
        writer.close();
    }

    /// Calls `each` with all tasks that are ready at `time`, the best first, until it breaks. Under a view that
    /// is no snapshot a task may come twice.
    pub(super) fn best_first(
        &self,
        precedence: &Precedence,
        view: View,
        time: i64,
        mut each: impl FnMut(Key) -> ControlFlow<()>,
    ) {
        let columns = &self.columns;
        let mut expired = self.expired(precedence, view, time).into_iter().peekable();
        let flow = self.ready(precedence, view, |row| {
            while let Some(other) =
                expired.next_if(|other| columns.compare(precedence, other, row).is_lt())
            {
                each(other.task)?;
            }
            columns
                .task(row)
                .map_or(ControlFlow::Continue(()), &mut each)
        });
        if flow.is_continue() {
            let _ = expired.try_for_each(|other| each(other.task));
        }
    }

    /// Calls `each` with the rows that are marked ready, in their order.
    fn ready(
        &self,
        precedence: &Precedence,
        view: View,
        mut each: impl FnMut(Row<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let table = self.table.relation();
        let run = |condition: Option<Condition<'_>>,
                   each: &mut dyn FnMut(Row<'_>) -> ControlFlow<()>| {
            let ready = Condition::Equal(Value::boolean(true));
            let conditions: Vec<_> = [ready].into_iter().chain(condition).collect();
            let mut flow = ControlFlow::Continue(());
            rows_in_order(table, self.ready_index, &conditions, view, |row| {
                flow = each(row);
                flow
            });
            flow
        };
        let Some(priority) = self
            .columns
            .priority
            .as_ref()
            .filter(|_| precedence.is_given())
        else {
            return run(None, &mut each);
        };
        for label in precedence.labels() {
            run(Some(Condition::Equal(*label)), &mut each)?;
        }
        // All others. Where one of the labels is met, the search goes on behind it.
        let mut above = None;
        loop {
            let mut met = None;
            let mut ended = ControlFlow::Continue(());
            let _ = run(above.map(Condition::Above), &mut |row| {
                let value = row.value(priority.column.number);
                met = precedence.label(priority.order, value);
                if met.is_some() || value.is_null() {
                    return ControlFlow::Break(());
                }
                ended = each(row);
                ended
            });
            ended?;
            match met {
                Some(label) => above = Some(label),
                None => return run(Some(Condition::Null), &mut each),
            }
        }
    }

    /// The tasks whose claims have expired, in their order.
    fn expired(&self, precedence: &Precedence, view: View, time: i64) -> Vec<Expired> {
        let mut found = Vec::new();
        let until = [Condition::UpTo(Value::bigint(time))];
        let table = self.table.relation();
        rows_in_order(table, self.lease_index, &until, view, |row| {
            if self.columns.is_free(row, time) {
                found.extend(self.columns.expired(precedence, row));
            }
            ControlFlow::Continue(())
        });
        found.sort_by(|one, other| self.columns.compare_expired(one, other));
        found
    }
}

/// A task whose claim has expired, and what it is ordered by.
struct Expired {
    task: Key,
    rank: usize,
    keys: Vec<KeptValue>,
}

impl Columns {
    /// What tasks that are ready are ordered by.
    fn keys(&self) -> impl Iterator<Item = &Ordered> {
        let (priority, due) = (self.priority.as_ref(), self.due.as_ref());
        priority.into_iter().chain(due).chain([&self.task])
    }

    pub(super) fn task(&self, row: Row<'_>) -> Option<Key> {
        self.key_type.read(row.value(self.task.column.number))
    }

    /// True where the task is open and unblocked, and nobody holds a claim that has not expired.
    pub(super) fn is_free(&self, row: Row<'_>, time: i64) -> bool {
        self.is_open_and_unblocked(row) && !self.lease(row).is_held_at(time)
    }

    /// True where the task is ready but for a claim on it.
    pub(super) fn is_open_and_unblocked(&self, row: Row<'_>) -> bool {
        const OPEN: i16 = 0;
        row.value(self.state).as_smallint() == OPEN
            && row.value(self.open_blockers).as_integer() == 0
    }

    pub(super) fn lease(&self, row: Row<'_>) -> Lease {
        Lease {
            holder: row.value(self.claimed_by).as_text(),
            token: row.value(self.claim_token).as_bigint(),
            until: row.value(self.claimed_until).as_timestamp(),
        }
    }

    fn expired(&self, precedence: &Precedence, row: Row<'_>) -> Option<Expired> {
        let kept = |key: &Ordered| KeptColumn::of(&key.column).read(row);
        Some(Expired {
            task: self.task(row)?,
            rank: self.rank(precedence, row),
            keys: self.keys().map(kept).collect(),
        })
    }

    fn compare(&self, precedence: &Precedence, one: &Expired, other: Row<'_>) -> Ordering {
        let values = self.keys().map(|key| key.value(other));
        let rank = self.rank(precedence, other);
        one.rank
            .cmp(&rank)
            .then_with(|| self.compare_keys(one, values))
    }

    fn compare_expired(&self, one: &Expired, other: &Expired) -> Ordering {
        let values = other.keys.iter().map(KeptValue::value);
        one.rank
            .cmp(&other.rank)
            .then_with(|| self.compare_keys(one, values))
    }

    fn compare_keys<'row>(
        &self,
        one: &Expired,
        other: impl Iterator<Item = Value<'row>>,
    ) -> Ordering {
        self.keys()
            .zip(&one.keys)
            .zip(other)
            .map(|((key, one), other)| key.order.compare(one.value(), other))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    fn rank(&self, precedence: &Precedence, row: Row<'_>) -> usize {
        let Some(priority) = self.priority.as_ref().filter(|_| precedence.is_given()) else {
            return 0;
        };
        let value = row.value(priority.column.number);
        if value.is_null() {
            return usize::MAX;
        }
        precedence
            .position(priority.order, value)
            .unwrap_or(precedence.labels().len())
    }
}
