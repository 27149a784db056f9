//! What the user chose, as it stands in the trigger's arguments.

use crate::pg::name;
use crate::pg::relation::Relation;

/// The columns that play a role, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) key: String,
    pub(super) stage: String,
    pub(super) destination: DestinationColumns,
}

/// The columns of the destination, by the role that they play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DestinationColumns {
    pub(super) row: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) at: String,
    pub(super) duration: String,
}

impl DestinationColumns {
    pub(super) fn names(&self) -> [&String; 5] {
        [&self.row, &self.from, &self.to, &self.at, &self.duration]
    }
}

impl Choice {
    /// Reads the arguments of a trigger, or returns none where they are not ours.
    pub(super) fn from_arguments(arguments: &[String]) -> Option<Self> {
        let [key, stage, row, from, to, at, duration] = arguments else {
            return None;
        };
        Some(Self {
            key: key.clone(),
            stage: stage.clone(),
            destination: DestinationColumns {
                row: row.clone(),
                from: from.clone(),
                to: to.clone(),
                at: at.clone(),
                duration: duration.clone(),
            },
        })
    }

    /// The arguments for `CREATE TRIGGER`.
    pub(super) fn arguments(&self) -> String {
        let mut names = vec![&self.key, &self.stage];
        names.extend(self.destination.names());
        names
            .into_iter()
            .map(|argument| name::literal(argument))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The call that attaches this choice to `table`.
    pub(super) fn attach_call(&self, table: &Relation, destination: &Relation) -> String {
        let columns = &self.destination;
        format!(
            "select steward.track_stages({}, stage => {}, destination => {}, key => {}, row_column => {}, \
             from_column => {}, to_column => {}, at_column => {}, duration_column => {});",
            name::literal(&table.qualified_name()),
            name::literal(&self.stage),
            name::literal(&destination.qualified_name()),
            name::literal(&self.key),
            name::literal(&columns.row),
            name::literal(&columns.from),
            name::literal(&columns.to),
            name::literal(&columns.at),
            name::literal(&columns.duration),
        )
    }
}
