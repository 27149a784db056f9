//! `guard_dependencies`: checks the arguments against the catalog, makes the table of ranks, ranks the
//! rows that are there, and creates the trigger.

use pgrx::pg_sys;

use crate::pg::attachment::{
    self, Attached, SideTable, drop_trigger, free_relation_name, free_trigger_name, open_target,
    required_column,
};
use crate::pg::edges::{Choice, Kinds};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::key::{Key, KeyType};
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::statement;

use super::cycle;
use super::guard::Guard;
use super::rebuild;
use super::requirements::{self, key_type_of};

const FUNCTION: &str = "check_dependency";
const DEFAULT_TRIGGER: &str = "steward_dependencies";

/// `steward.guard_dependencies(edges, task, depends_on, kind, blocking_kinds, reversed_kinds, scope,
/// name)`.
pub(super) fn guard_dependencies(arguments: &Arguments) {
    let target: pg_sys::Oid = arguments.required(0, "edges");
    let choice = Choice {
        task: arguments.required(1, "task"),
        depends_on: arguments.required(2, "depends_on"),
        kinds: kinds(arguments),
        scope: arguments.optional(6),
    };
    let name: Option<String> = arguments.optional(7);

    let edges = open_target(target);
    requirements::check(&edges, &choice);
    attachment::attach_unless(
        edges,
        |edges| of_name(edges, name.as_deref()).is_some_and(|(_, present)| present == choice),
        |edges| attach(edges, &choice, name.as_deref()),
    );
}

fn kinds(arguments: &Arguments) -> Option<Kinds> {
    let column: Option<String> = arguments.optional(3);
    let blocking: Option<Vec<String>> = labels(arguments, 4, "blocking_kinds");
    let reversed: Option<Vec<String>> = labels(arguments, 5, "reversed_kinds");
    let named = blocking.is_some() || reversed.is_some();
    let wrong = |message: &str, hint: &str| -> ! {
        Report::new(SqlState::INVALID_PARAMETER_VALUE, message)
            .hint(hint)
            .raise()
    };
    let Some(column) = column else {
        if named {
            wrong(
                "blocking_kinds and reversed_kinds need the argument \"kind\"",
                "Name the column that holds the kind of an edge: kind => '...'.",
            );
        }
        return None;
    };
    let (blocking, reversed) = (blocking.unwrap_or_default(), reversed.unwrap_or_default());
    if blocking.is_empty() && reversed.is_empty() {
        wrong(
            "argument \"kind\" needs the kinds that order the graph",
            "Name them: blocking_kinds => '{blocks}'. All others then do not.",
        );
    }
    if let Some(both) = blocking.iter().find(|label| reversed.contains(label)) {
        wrong(
            &format!("kind {} is both blocking and reversed", name::literal(both)),
            "A kind makes either the task wait or what it depends on.",
        );
    }
    Some(Kinds {
        column,
        blocking,
        reversed,
    })
}

fn labels(arguments: &Arguments, position: usize, argument: &str) -> Option<Vec<String>> {
    let labels: Vec<Option<String>> = arguments.optional(position)?;
    labels.into_iter().collect::<Option<Vec<_>>>().or_else(|| {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("argument \"{argument}\" must not contain NULL"),
        )
        .hint("An edge without a kind does not order the graph.")
        .raise()
    })
}

/// The name that a guard's trigger has, unless another trigger has it already.
fn trigger_name(name: Option<&str>) -> String {
    name.map_or(DEFAULT_TRIGGER.to_owned(), |name| {
        attachment::trigger_name(&format!("steward_{name}"))
    })
}

/// The guard of that name, if there is one. Its trigger may have a number after its name, where another
/// trigger had that.
fn of_name(edges: &Relation, name: Option<&str>) -> Option<(Attached, Choice)> {
    let wanted = trigger_name(name);
    let is_numbered = |name: &str| {
        let number = name
            .strip_prefix(&wanted)
            .and_then(|rest| rest.strip_prefix('_'));
        number.is_some_and(|number| number.parse::<u16>().is_ok())
    };
    let guards = attachment::triggers_of(edges, FUNCTION);
    let found = guards
        .iter()
        .find(|attached| attached.name == wanted)
        .or_else(|| guards.iter().find(|attached| is_numbered(&attached.name)))?;
    let choice = Choice::from_arguments(&found.arguments)?;
    Some((found.clone(), choice))
}

/// Makes the side table and the trigger, in place of those of the same name.
fn attach(edges: &Relation, choice: &Choice, name: Option<&str>) {
    if edges.is_partition() {
        refuse_partition(edges);
    }
    let replaced = of_name(edges, name).map(|(attached, _)| attached);
    if let Some(attached) = &replaced {
        drop_trigger(edges, &attached.name);
        if let Some(side_table) = attached.bound_table {
            attachment::drop_side_table(side_table);
        }
    }
    edges.lock_against_writers();
    let side_table = create_side_table(edges, choice, name);
    let guard = Guard::new(edges, choice.clone(), side_table.oid());
    if let Err(path) = rebuild::rank_everything(&guard) {
        refuse_cycle(edges, &guard, &path);
    }
    let trigger = replaced.map_or_else(
        || free_trigger_name(edges, &trigger_name(name)),
        |attached| attached.name,
    );
    statement::run(&format!(
        "create constraint trigger {} after insert or update on {} from {} \
         deferrable initially immediate for each row execute function steward.{FUNCTION}({})",
        name::identifier(&trigger),
        edges.qualified_name(),
        side_table.qualified_name(),
        choice.arguments(),
    ));
    attachment::bind_side_table(edges, &trigger, side_table.oid());
}

fn refuse_partition(edges: &Relation) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("table {} is a partition", edges.qualified_name()),
    )
    .detail("Its edges are part of the graph of the partitioned table.")
    .hint("Guard the partitioned table; its partitions follow.")
    .table(edges)
    .raise()
}

/// Refuses to rank edges that hold a cycle.
pub(super) fn refuse_cycle(edges: &Relation, guard: &Guard, path: &[Key]) -> ! {
    Report::new(
        SqlState::CHECK_VIOLATION,
        format!(
            "the dependencies in {} hold a cycle",
            edges.qualified_name()
        ),
    )
    .detail(format!(
        "Each waits for the next: {}.",
        cycle::show_path(guard.key_type, path)
    ))
    .hint("Delete one of these dependencies, then make the call again.")
    .table(edges)
    .constraint(cycle::constraint_of(edges))
    .raise()
}

/// The table of ranks, with the columns and the owner that `Guard` expects.
fn create_side_table(edges: &Relation, choice: &Choice, name: Option<&str>) -> Relation {
    let key_type = key_type_of(edges, &required_column(edges, &choice.task));
    let wanted = match name {
        None => format!("{}_rank", edges.name()),
        Some(name) => format!("{}_{name}_rank", edges.name()),
    };
    let scope = choice.scope.as_ref().map_or_else(String::new, |scope| {
        let scope_type = KeyType::of(&required_column(edges, scope)).map(KeyType::sql_name);
        format!(", scope {}", scope_type.unwrap_or_default())
    });
    let collation = if key_type == KeyType::Text {
        " collate \"C\""
    } else {
        ""
    };
    let columns = [
        ("node", "A task that has a dependency or is one."),
        (
            "rank",
            "Its place: everything that it waits for has a lower one. No two are the same.",
        ),
        ("scope", "The graph that the task belongs to."),
    ];
    let count = if choice.scope.is_some() { 3 } else { 2 };
    attachment::create_side_table(
        edges,
        &SideTable {
            name: &free_relation_name(edges, &wanted),
            columns: &format!(
                "node {}{collation} primary key, \
                 rank bigint generated by default as identity not null{scope}",
                key_type.sql_name(),
            ),
            storage: "(fillfactor = 80)",
            purpose: "ranks that keep the dependencies free of cycles: what a task waits for stands below it",
            column_comments: &columns[..count],
        },
    )
}
