//! The columns of the side table, and the order that tasks have by them.

use std::cmp::Ordering;

use crate::pg::kept_value::{KeptColumn, KeptValue};
use crate::pg::key::{Key, KeyType};
use crate::pg::ordering::ColumnOrder;
use crate::pg::relation::{Attribute, Relation};
use crate::pg::tuple::{Row, Value};

use super::super::completion::choice::MostUrgent;
use super::super::readiness::tracker::column;
use super::super::statuses::State;
use super::precedence::Precedence;

/// The columns by which tasks are ordered. The others have the same numbers in every side table.
pub(in crate::tasks) struct Columns {
    pub(super) task: Ordered,
    pub(super) priority: Option<Ordered>,
    due: Option<Ordered>,
    key_type: KeyType,
}

/// A column, and how its values are ordered.
pub(super) struct Ordered {
    pub(super) column: Attribute,
    pub(super) order: ColumnOrder,
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
pub(in crate::tasks) struct Lease {
    pub(in crate::tasks) holder: Option<String>,
    pub(in crate::tasks) token: i64,
    /// In microseconds as PostgreSQL counts them; none where nobody holds it.
    pub(in crate::tasks) until: Option<i64>,
}

impl Lease {
    /// The claim that a row of the side table has.
    pub(in crate::tasks) fn of(row: Row<'_>) -> Self {
        Self {
            holder: row.value(column::CLAIMED_BY).as_text(),
            token: row.value(column::CLAIM_TOKEN).as_bigint(),
            until: row.value(column::CLAIMED_UNTIL).as_timestamp(),
        }
    }

    pub(in crate::tasks) fn is_held_at(&self, time: i64) -> bool {
        self.until.is_some_and(|until| until > time)
    }
}

/// True where the task is open and unblocked, and nobody holds a claim on it that has not expired.
pub(in crate::tasks) fn is_free(row: Row<'_>, time: i64) -> bool {
    is_open_and_unblocked(row) && !Lease::of(row).is_held_at(time)
}

/// True where the task can be begun, but for a claim on it.
pub(in crate::tasks) fn is_open_and_unblocked(row: Row<'_>) -> bool {
    row.value(column::STATE).as_smallint() == State::Open.number()
        && row.value(column::OPEN_BLOCKERS).as_integer() == 0
}

/// A task whose claim has expired, and what it is ordered by.
pub(super) struct Expired {
    pub(super) task: Key,
    rank: usize,
    keys: Vec<KeptValue>,
}

impl Columns {
    /// None where one of them cannot be ordered by.
    pub(super) fn of(table: &Relation) -> Option<Self> {
        let task = Ordered::of(table, "task")?;
        Some(Self {
            key_type: KeyType::of(&task.column)?,
            task,
            priority: Ordered::of(table, "priority"),
            due: Ordered::of(table, "due"),
        })
    }

    /// What tasks that are ready are ordered by.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Ordered> {
        let (priority, due) = (self.priority.as_ref(), self.due.as_ref());
        priority.into_iter().chain(due).chain([&self.task])
    }

    pub(in crate::tasks) fn task(&self, row: Row<'_>) -> Option<Key> {
        self.key_type.read(row.value(self.task.column.number))
    }

    pub(super) fn expired(&self, precedence: &Precedence, row: Row<'_>) -> Option<Expired> {
        let kept = |key: &Ordered| KeptColumn::of(&key.column).read(row);
        Some(Expired {
            task: self.task(row)?,
            rank: self.rank(precedence, row),
            keys: self.keys().map(kept).collect(),
        })
    }

    pub(super) fn compare(
        &self,
        precedence: &Precedence,
        one: &Expired,
        other: Row<'_>,
    ) -> Ordering {
        let values = self.keys().map(|key| key.value(other));
        let rank = self.rank(precedence, other);
        one.rank
            .cmp(&rank)
            .then_with(|| self.compare_keys(precedence, one, values))
    }

    pub(super) fn compare_expired(
        &self,
        precedence: &Precedence,
        one: &Expired,
        other: &Expired,
    ) -> Ordering {
        let values = other.keys.iter().map(KeptValue::value);
        one.rank
            .cmp(&other.rank)
            .then_with(|| self.compare_keys(precedence, one, values))
    }

    fn compare_keys<'row>(
        &self,
        precedence: &Precedence,
        one: &Expired,
        other: impl Iterator<Item = Value<'row>>,
    ) -> Ordering {
        self.keys()
            .zip(&one.keys)
            .zip(other)
            .enumerate()
            .map(|(at, ((key, one), other))| {
                let is_priority = at == 0 && self.priority.is_some();
                if is_priority && precedence.most_urgent() == MostUrgent::Highest {
                    return key.order.compare_downwards(one.value(), other);
                }
                key.order.compare(one.value(), other)
            })
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
