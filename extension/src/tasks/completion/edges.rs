//! The edge table of the tasks: its columns and kinds are those of the guard that keeps it free of cycles.

use crate::pg::attachment;
use crate::pg::edges::Choice as EdgeChoice;
use crate::pg::error::{Report, SqlState};
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::requirements::{GIVE_THE_SAME_OWNER, check_same_owner};
use crate::pg::scan::LookUp;

use super::choice::Choice;

/// The trigger function of the guard, and the name that its trigger has unless another is given.
const GUARD_FUNCTION: &str = "check_dependency";
const GUARD_TRIGGER: &str = "steward_dependencies";
const DEFAULT_ENDS: [&str; 2] = ["task_id", "depends_on"];

/// Without a guard, the columns that a guard would have by default.
pub(super) fn edge_choice(edges: &Relation) -> EdgeChoice {
    let mut guards = attachment::triggers_of(edges, GUARD_FUNCTION);
    guards.sort_by_key(|guard| (guard.name != GUARD_TRIGGER, guard.name.clone()));
    if let Some(mut choice) = guards
        .iter()
        .find_map(|guard| EdgeChoice::from_arguments(&guard.arguments))
    {
        // A scope divides the graph; an edge counts in each of them.
        choice.scope = None;
        return choice;
    }
    let [task, depends_on] = DEFAULT_ENDS;
    if edges.attribute(task).is_none() || edges.attribute(depends_on).is_none() {
        Report::new(
            SqlState::UNDEFINED_OBJECT,
            format!(
                "the dependencies in {} are not guarded",
                edges.qualified_name()
            ),
        )
        .detail("Which of its columns are the ends of an edge is known by the guard.")
        .hint(format!(
            "Guard them first: select steward.guard_dependencies({});",
            name::literal(&edges.qualified_name()),
        ))
        .table(edges)
        .raise()
    }
    EdgeChoice {
        task: task.to_owned(),
        depends_on: depends_on.to_owned(),
        scope: None,
        kinds: None,
    }
}

/// Refuses edges that cannot be counted.
pub(super) fn check_edges(
    tasks: &Relation,
    choice: &Choice,
    edges: &Relation,
    edge_choice: &EdgeChoice,
) {
    check_same_owner(
        tasks,
        edges,
        "Tasks and their dependencies belong to one owner.",
        GIVE_THE_SAME_OWNER,
    );
    if edges.is_partition() || edges.is_temporary() != tasks.is_temporary() {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!(
                "table {} cannot hold the edges of {}",
                edges.qualified_name(),
                tasks.qualified_name()
            ),
        )
        .detail("It is a partition, or one of the two is temporary and the other is not.")
        .hint("Name the partitioned table; its partitions follow.")
        .table(edges)
        .raise()
    }
    attachment::check_no_inheritance_children(edges);
    let key_type = tasks
        .attribute(&choice.key)
        .and_then(|key| KeyType::of(&key));
    for end in [&edge_choice.task, &edge_choice.depends_on] {
        check_end(tasks, edges, end, key_type);
    }
}

fn check_end(tasks: &Relation, edges: &Relation, end: &str, key_type: Option<KeyType>) {
    let column = attachment::required_column(edges, end);
    let (table, end) = (edges.qualified_name(), name::identifier(end));
    let Some(key_type) = KeyType::of(&column).filter(|one| Some(*one) == key_type) else {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!(
                "column {end} of table {table} has another type than the keys of {}",
                tasks.qualified_name()
            ),
        )
        .hint("Give both the same type.")
        .table(edges)
        .column(&column.name)
        .raise()
    };
    if LookUp::of(edges, column.number, key_type).index.is_none() {
        Report::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("table {table} has no index that starts with column {end}"),
        )
        .detail("Who waits for a task is looked up when the task is done.")
        .hint(format!("create index on {table} ({end});"))
        .table(edges)
        .column(&column.name)
        .raise()
    }
}
