//! Finding the guard that a question is about, and reading its edges as whoever asks.

use pgrx::pg_sys;

use crate::pg::attachment::{self, Attached};
use crate::pg::edges::{Choice, Edge, EdgeColumns};
use crate::pg::error::{Report, SqlState};
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;

use super::super::rebuild::Numbered;

const FUNCTION: &str = "check_dependency";

/// A guarded edge table, as a question sees it.
pub(in super::super) struct Reading {
    pub(in super::super) table: Relation,
    pub(in super::super) choice: Choice,
    pub(in super::super) key_type: KeyType,
    pub(in super::super) ranks: Option<pg_sys::Oid>,
    /// The name of the guard's trigger.
    pub(in super::super) trigger: String,
}

impl Reading {
    /// The guard of `edges` with that name, or the only one.
    pub(in super::super) fn of(edges: pg_sys::Oid, guard: Option<&str>) -> Self {
        let table = Relation::open(edges, Lock::AccessShare);
        let (attached, choice) = the_guard(&table, guard);
        let missing = choice
            .columns()
            .find(|column| table.attribute(column).is_none());
        let columns = if missing.is_none() {
            EdgeColumns::of(&table, &choice)
        } else {
            None
        };
        let Some(columns) = columns else {
            out_of_date(&table, &attached, &choice, missing)
        };
        Self {
            table,
            choice,
            key_type: columns.key_type,
            ranks: attached.bound_table,
            trigger: attached.name,
        }
    }

    /// A query for the task, the dependency and, if there is one, the scope of all edges that order the
    /// graph; `condition` is about `task` and `dependency`.
    pub(in super::super) fn select(&self, what: &str, condition: &str) -> String {
        self.choice.select(&self.table, what, condition)
    }

    /// The whole graph, by numbers.
    pub(in super::super) fn whole(&self) -> Numbered {
        let mut graph = Numbered::default();
        statement::for_each_row(&self.select("task, dependency", "true"), |row| {
            let task = self.key_type.read(row.value(1));
            let dependency = self.key_type.read(row.value(2));
            if let (Some(task), Some(dependency)) = (task, dependency) {
                graph.add(Edge {
                    task,
                    dependency,
                    scope: None,
                });
            }
        });
        graph
    }
}

fn the_guard(table: &Relation, guard: Option<&str>) -> (Attached, Choice) {
    let mut guards: Vec<_> = attachment::triggers_of(table, FUNCTION)
        .into_iter()
        .filter_map(|attached| {
            Choice::from_arguments(&attached.arguments).map(|choice| (attached, choice))
        })
        .collect();
    let names: Vec<_> = guards
        .iter()
        .map(|(attached, _)| name::literal(&attached.name))
        .collect();
    if let Some(wanted) = guard {
        let prefixed = format!("steward_{wanted}");
        guards.retain(|(attached, _)| attached.name == wanted || attached.name == prefixed);
    }
    let edges = table.qualified_name();
    match (guards.len(), guards.pop()) {
        (1, Some(guard)) => guard,
        (0, _) if names.is_empty() => Report::new(
            SqlState::UNDEFINED_OBJECT,
            format!("the dependencies in {edges} are not guarded"),
        )
        .hint(format!(
            "Guard them first: select steward.guard_dependencies({});",
            name::literal(&edges),
        ))
        .table(table)
        .raise(),
        (0, _) => Report::new(
            SqlState::UNDEFINED_OBJECT,
            format!(
                "table {edges} has no guard of the name {}",
                name::literal(guard.unwrap_or_default())
            ),
        )
        .hint(format!("Its guards are: {}.", names.join(", ")))
        .table(table)
        .raise(),
        _ => Report::new(
            SqlState::UNDEFINED_OBJECT,
            format!("table {edges} has several guards"),
        )
        .hint(format!(
            "Say which one is meant with name => ...: {}.",
            names.join(", ")
        ))
        .table(table)
        .raise(),
    }
}

fn out_of_date(
    table: &Relation,
    attached: &Attached,
    choice: &Choice,
    missing: Option<&String>,
) -> ! {
    let column = missing.map_or("whose type cannot be a key any more", String::as_str);
    Report::new(
        SqlState::UNDEFINED_COLUMN,
        format!(
            "trigger {} on {} needs a column {column} that is not there",
            name::identifier(&attached.name),
            table.qualified_name(),
        ),
    )
    .hint(format!(
        "Attach again with the column's new name: {}",
        choice.attach_call(table)
    ))
    .table(table)
    .raise()
}
