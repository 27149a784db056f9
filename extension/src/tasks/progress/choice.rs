//! What the user chose, as it stands in the triggers' arguments.

use crate::pg::name;
use crate::pg::relation::Relation;

use super::super::statuses::Ends;

/// The columns that play a role, by name, and what counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// Of the tasks: which parent a task belongs to.
    pub(super) parent: String,
    pub(super) status: String,
    pub(super) ends: Ends,
    /// Of the tasks: how much a task counts; without it, each counts the same.
    pub(super) weight: Option<String>,
    /// Of the parents.
    pub(super) key: String,
    pub(super) progress: String,
    /// The progress of a parent in which nothing counts; a number.
    pub(super) empty: String,
}

const PARENT: &str = "parent";
const STATUS: &str = "status";
const DONE: &str = "done";
const CANCELLED: &str = "cancelled";
const WEIGHT: &str = "weight";
const KEY: &str = "key";
const PROGRESS: &str = "progress";
const EMPTY: &str = "empty";

impl Choice {
    /// Reads the arguments of a trigger, or returns none where they are not ours.
    pub(super) fn from_arguments(arguments: &[String]) -> Option<Self> {
        let pairs: Option<Vec<(&str, &str)>> = arguments
            .iter()
            .map(|argument| argument.split_once('='))
            .collect();
        let pairs = pairs?;
        let all = |wanted: &str| -> Vec<String> {
            let values = pairs.iter().filter(|(role, _)| *role == wanted);
            values.map(|(_, value)| (*value).to_owned()).collect()
        };
        let one = |wanted: &str| all(wanted).pop();
        Some(Self {
            parent: one(PARENT)?,
            status: one(STATUS)?,
            ends: Ends {
                done: all(DONE),
                cancelled: all(CANCELLED),
            },
            weight: one(WEIGHT),
            key: one(KEY)?,
            progress: one(PROGRESS)?,
            empty: one(EMPTY)?,
        })
    }

    /// The arguments for `CREATE TRIGGER`.
    pub(super) fn arguments(&self) -> String {
        let mut pairs = vec![
            (PARENT, &self.parent),
            (KEY, &self.key),
            (PROGRESS, &self.progress),
            (STATUS, &self.status),
        ];
        pairs.extend(self.ends.done.iter().map(|label| (DONE, label)));
        pairs.extend(self.ends.cancelled.iter().map(|label| (CANCELLED, label)));
        pairs.extend(self.weight.iter().map(|column| (WEIGHT, column)));
        pairs.push((EMPTY, &self.empty));
        pairs
            .into_iter()
            .map(|(role, value)| name::literal(&format!("{role}={value}")))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The call that attaches this choice to `table`.
    pub(super) fn attach_call(&self, table: &Relation, destination: &Relation) -> String {
        let labels = |labels: &[String]| {
            let labels: Vec<_> = labels.iter().map(|label| name::literal(label)).collect();
            format!("array[{}]::text[]", labels.join(", "))
        };
        let weight = self.weight.as_ref().map_or_else(String::new, |weight| {
            format!(", weight => {}", name::literal(weight))
        });
        format!(
            "select steward.roll_up_progress({}, parent => {}, destination => {}, progress => {}, key => {}, \
             status => {}, done => {}, cancelled => {}{weight}, empty => {});",
            name::literal(&table.qualified_name()),
            name::literal(&self.parent),
            name::literal(&destination.qualified_name()),
            name::literal(&self.progress),
            name::literal(&self.key),
            name::literal(&self.status),
            labels(&self.ends.done),
            labels(&self.ends.cancelled),
            self.empty,
        )
    }

    /// The columns of the tasks that are read.
    pub(super) fn columns(&self) -> impl Iterator<Item = &String> {
        [&self.parent, &self.status].into_iter().chain(&self.weight)
    }
}
