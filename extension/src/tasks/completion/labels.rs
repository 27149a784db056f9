//! What the statuses of tracked tasks mean for those that wait for them.

use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::Relation;

use super::super::statuses::{State, Statuses};
use super::choice::{Choice, OnCancelled};

impl State {
    /// True where what depends on a task in this state has to wait.
    pub(in crate::tasks) fn blocks(self, choice: &Choice) -> bool {
        match self {
            Self::Open => true,
            Self::Done => false,
            Self::Cancelled => choice.on_cancelled == OnCancelled::Block,
        }
    }
}

/// None where the column is missing or of another type now, or a label of an enum was renamed.
pub(in crate::tasks) fn statuses_of(table: &Relation, choice: &Choice) -> Option<Statuses> {
    let status = table.attribute(&choice.status)?;
    let is_tracked = |one: &KeyType| matches!(one, KeyType::Text | KeyType::Enum(_));
    KeyType::of(&status).filter(is_tracked)?;
    Statuses::of(&status, &choice.done, &choice.cancelled)
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
