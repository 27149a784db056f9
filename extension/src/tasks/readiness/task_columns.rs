//! Where a row of the tasks has what counts: each partition has its own column numbers.

use crate::pg::kept_value::{KeptColumn, KeptValue};
use crate::pg::key::{Key, KeyType};
use crate::pg::relation::Relation;
use crate::pg::tuple::Row;

use super::super::completion::choice::Choice;
use super::super::completion::labels;
use super::super::statuses::{State, Statuses};

/// What the side table holds of a task's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) state: State,
    pub(super) priority: KeptValue,
    pub(super) due: KeptValue,
}

/// The columns of one table.
pub(super) struct TaskColumns {
    pub(super) key: (i16, KeyType),
    statuses: Statuses,
    priority: Option<KeptColumn>,
    due: Option<KeptColumn>,
}

impl TaskColumns {
    /// None where a column is gone or has another type, or a status another name.
    pub(super) fn of(table: &Relation, choice: &Choice) -> Option<Self> {
        let key = table.attribute(&choice.key)?;
        let kept = |column: &Option<String>| {
            let column = column.as_ref()?;
            table.attribute(column).map(|one| KeptColumn::of(&one))
        };
        Some(Self {
            key: (key.number, KeyType::of(&key)?),
            statuses: labels::statuses_of(table, choice)?,
            priority: kept(&choice.priority),
            due: kept(&choice.due),
        })
    }

    /// The task that a row is, and what counts of it; none without a key.
    pub(super) fn read(&self, row: Row<'_>) -> Option<(Key, Values)> {
        let (column, key_type) = self.key;
        let key = key_type.read(row.value(column))?;
        Some((key, self.values(row)))
    }

    pub(super) fn values(&self, row: Row<'_>) -> Values {
        let keep =
            |column: Option<KeptColumn>| column.map_or(KeptValue::Null, |column| column.read(row));
        Values {
            state: self.statuses.state(row),
            priority: keep(self.priority),
            due: keep(self.due),
        }
    }

    /// True where nothing has changed that counts; found out without copying anything.
    pub(super) fn agree(&self, old: Row<'_>, new: Row<'_>) -> bool {
        let kept = [self.priority, self.due]
            .into_iter()
            .flatten()
            .map(KeptColumn::number);
        [self.key.0, self.statuses.column]
            .into_iter()
            .chain(kept)
            .all(|column| old.agrees_in(new, column))
    }
}
