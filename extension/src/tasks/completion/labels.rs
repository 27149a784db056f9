//! What a status means.

use crate::pg::key::{Key, KeyType};
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::tuple::{Row, Value};

use super::choice::{Choice, OnCancelled};

/// What the rules make of a status. The numbers stand in the side table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tasks) enum State {
    /// Also where the status is NULL, or none that was named.
    Open = 0,
    Done = 1,
    Cancelled = 2,
}

impl State {
    pub(in crate::tasks) const fn number(self) -> i16 {
        self as i16
    }

    /// The state of that number; of any other one, open.
    pub(in crate::tasks) const fn of_number(number: i16) -> Self {
        match number {
            1 => Self::Done,
            2 => Self::Cancelled,
            _ => Self::Open,
        }
    }

    /// True where what depends on a task in this state has to wait.
    pub(in crate::tasks) fn blocks(self, choice: &Choice) -> bool {
        match self {
            Self::Open => true,
            Self::Done => false,
            Self::Cancelled => choice.on_cancelled == OnCancelled::Block,
        }
    }
}

/// The status column of one table, and its labels as values.
#[derive(Clone, Debug)]
pub(in crate::tasks) struct Labels {
    pub(in crate::tasks) column: i16,
    pub(in crate::tasks) key_type: KeyType,
    done: Vec<Key>,
    cancelled: Vec<Key>,
}

impl Labels {
    /// None where the column is missing or of another type now, or a label of an enum was renamed.
    pub(in crate::tasks) fn of(table: &Relation, choice: &Choice) -> Option<Self> {
        let status = table.attribute(&choice.status)?;
        let key_type =
            KeyType::of(&status).filter(|one| matches!(one, KeyType::Text | KeyType::Enum(_)))?;
        Some(Self {
            column: status.number,
            key_type,
            done: key_type.labels(&choice.done)?,
            cancelled: key_type.labels(&choice.cancelled)?,
        })
    }

    pub(in crate::tasks) fn state(&self, status: Value<'_>) -> State {
        let Some(status) = self.key_type.read(status) else {
            return State::Open;
        };
        if self.done.contains(&status) {
            State::Done
        } else if self.cancelled.contains(&status) {
            State::Cancelled
        } else {
            State::Open
        }
    }

    pub(in crate::tasks) fn state_of(&self, row: Row<'_>) -> State {
        self.state(row.value(self.column))
    }
}

/// The number of a task's state, as SQL over its status.
pub(in crate::tasks) fn state_in_sql(choice: &Choice, status: &str) -> String {
    let arm = |labels: &[String], state: State| {
        if labels.is_empty() {
            return String::new();
        }
        let labels: Vec<_> = labels.iter().map(|label| name::literal(label)).collect();
        format!(
            "when {status}::pg_catalog.text operator(pg_catalog.=) any (array[{}]::pg_catalog.text[]) then {} ",
            labels.join(", "),
            state.number(),
        )
    };
    format!(
        "(case {}{}else {} end)::pg_catalog.int2",
        arm(&choice.done, State::Done),
        arm(&choice.cancelled, State::Cancelled),
        State::Open.number(),
    )
}
