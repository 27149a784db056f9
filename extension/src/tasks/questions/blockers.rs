//! What a task still waits for: a walk, a query for each layer, every task looked at once.

use std::collections::HashSet;

use pgrx::pg_sys;

use crate::pg::function::Arguments;
use crate::pg::key::Key;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::rows::Rows;
use crate::pg::statement::KeyQuery;

use super::super::completion::labels::state_in_sql;
use super::super::readiness::tracker::{EdgeTable, Tracker};
use super::super::statuses::State;

/// `steward.blockers(tasks, id, transitive)`.
pub(in crate::tasks) fn blockers(arguments: &Arguments) -> Rows {
    let tasks: pg_sys::Oid = arguments.required(0, "tasks");
    let id = arguments.required_text(1, "id");
    let transitive: bool = arguments.required(2, "transitive");
    let tasks = Relation::open(tasks, Lock::AccessShare);
    let tracker = Tracker::of_tasks(&tasks);
    let key = tracker.key_type.parse(&id);
    let Some(edges) = &tracker.edges else {
        return Rows::default();
    };
    let query = KeyQuery::prepare(&query(&tracker, &tasks, edges), tracker.key_type);
    let mut seen = HashSet::from([key.clone()]);
    let mut layer = vec![key];
    let mut rows = Vec::new();
    for depth in 1_i32.. {
        layer = next_layer(
            &tracker,
            &query,
            &layer,
            &mut seen,
            |task, status, title| {
                rows.push(vec![Some(task), title, status, Some(depth.to_string())]);
            },
        );
        if layer.is_empty() || !transitive {
            break;
        }
        pgrx::check_for_interrupts!();
    }
    query.close();
    Rows(rows)
}

fn next_layer(
    tracker: &Tracker,
    query: &KeyQuery,
    layer: &[Key],
    seen: &mut HashSet<Key>,
    mut each: impl FnMut(String, Option<String>, Option<String>),
) -> Vec<Key> {
    let mut reached = Vec::new();
    query.run(layer, |row| {
        let blocks = State::of_number(row.value(2).as_smallint()).blocks(&tracker.choice);
        if let Some(key) = tracker.key_type.read(row.value(1)).filter(|_| blocks)
            && seen.insert(key.clone())
        {
            each(
                tracker.key_type.show(&key),
                row.value(3).as_text(),
                row.value(4).as_text(),
            );
            reached.push(key);
        }
    });
    reached
}

/// The blockers of the tasks `$1`, with state, status and title.
fn query(tracker: &Tracker, tasks: &Relation, edges: &EdgeTable) -> String {
    let choice = &tracker.choice;
    let status = format!("t.{}", name::identifier(&choice.status));
    let title = choice
        .title
        .as_ref()
        .filter(|title| tasks.attribute(title).is_some())
        .map_or_else(
            || "null".to_owned(),
            |title| format!("t.{}", name::identifier(title)),
        );
    let found = edges.choice.select(
        &Relation::open(edges.table, Lock::AccessShare),
        "dependency",
        "task operator(pg_catalog.=) any ($1)",
    );
    let key = name::identifier(&choice.key);
    format!(
        "select t.{key}, {}, {status}::pg_catalog.text, {title}::pg_catalog.text \
         from {} as t where t.{key} operator(pg_catalog.=) any (array({found})) order by t.{key}",
        state_in_sql(choice, &status),
        tasks.qualified_name(),
    )
}
