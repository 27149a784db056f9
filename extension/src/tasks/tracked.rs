//! What the trigger on a task table says of it.

use pgrx::pg_sys;

use crate::pg::attachment;
use crate::pg::error::{Report, SqlState};
use crate::pg::key::{Key, KeyType};
use crate::pg::name;
use crate::pg::relation::{Attribute, Lock, Relation};

const FUNCTION: &str = "record_readiness";

/// A table of tasks whose completion is tracked.
pub(super) struct Tracked {
    pub(super) table: Relation,
    pub(super) key: Attribute,
    pub(super) key_type: KeyType,
    pub(super) status: String,
    pub(super) priorities: Vec<String>,
    pub(super) assignee: Option<String>,
    pub(super) side_table: pg_sys::Oid,
}

impl Tracked {
    pub(super) fn of(tasks: pg_sys::Oid) -> Self {
        let table = Relation::open(tasks, Lock::AccessShare);
        let attached = attachment::triggers_of(&table, FUNCTION).into_iter().next();
        let Some(attached) = attached else {
            Report::new(
                SqlState::UNDEFINED_OBJECT,
                format!("the tasks in {} are not tracked", table.qualified_name()),
            )
            .hint(format!(
                "Track them first: select steward.track_completion({});",
                name::literal(&table.qualified_name()),
            ))
            .table(&table)
            .raise()
        };
        let argument = |wanted: &str| {
            let prefix = format!("{wanted}=");
            attached
                .arguments
                .iter()
                .filter_map(|argument| argument.strip_prefix(&prefix).map(str::to_owned))
                .collect::<Vec<_>>()
        };
        let one = |wanted: &str| argument(wanted).pop();
        let key = attached.arguments[0].clone();
        let key = attachment::required_column(&table, &key);
        let key_type = KeyType::of(&key).unwrap_or(KeyType::Text);
        Self {
            key,
            key_type,
            status: attached.arguments[1].clone(),
            priorities: argument("priorities"),
            assignee: one("assignee"),
            side_table: attached.bound_table.unwrap_or(pg_sys::InvalidOid),
            table,
        }
    }

    /// The condition that a row is that task.
    pub(super) fn is_task(&self, task: &Key) -> String {
        format!(
            "{} operator(pg_catalog.=) {}::pg_catalog.{}",
            name::identifier(&self.key.name),
            name::literal(&self.key_type.show(task)),
            match self.key_type {
                KeyType::Int4 => "int4".to_owned(),
                KeyType::Int8 => "int8".to_owned(),
                other => other.sql_name(),
            },
        )
    }

    /// The error for a task that is not there, or that the caller does not see.
    pub(super) fn no_such_task(&self, task: &Key) -> ! {
        Report::new(
            SqlState::NO_DATA_FOUND,
            format!(
                "there is no task {} in {}",
                self.key_type.show(task),
                self.table.qualified_name()
            ),
        )
        .hint("It was deleted, or a policy hides it from you.")
        .table(&self.table)
        .raise()
    }
}
