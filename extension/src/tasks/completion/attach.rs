//! `track_completion`: checks the arguments against the catalog, makes the side table, fills it from the rows
//! that are there, and creates the triggers.

use std::cell::RefCell;

use pgrx::pg_sys;

use crate::pg::attachment::{
    self, SideTable, attach_unless, free_relation_name, free_trigger_name, open_target,
    required_column,
};
use crate::pg::edges;
use crate::pg::function::Arguments;
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Attribute, Lock, Relation, TypeCategory};
use crate::pg::statement;

use super::super::readiness::expected::{Sources, fill};
use super::super::readiness::note::{EDGE_FUNCTION, TASK_FUNCTION};
use super::super::readiness::tracker::SideTable as Kept;
use super::arguments;
use super::choice::Choice;
use super::edges::{check_edges, edge_choice};
use super::requirements;

const STAMP_FUNCTION: &str = "stamp_completion";
const SETTLE_FUNCTION: &str = "settle_tasks";
const LATE_FUNCTION: &str = "settle_tasks_late";
const TRUNCATE_FUNCTION: &str = "recount_tasks";

/// What is to be attached.
struct Wanted {
    choice: Choice,
    edges: Option<(pg_sys::Oid, edges::Choice)>,
}

/// `steward.track_completion(...)`.
pub(in crate::tasks) fn track_completion(arguments: &Arguments) {
    let target: pg_sys::Oid = arguments.required(0, "tasks");
    let edges: Option<pg_sys::Oid> = arguments.optional(6);
    let tasks = open_target(target);
    let choice = arguments::choice(arguments, &tasks);
    requirements::check(&tasks, &choice);
    let edges = edges.map(|edges| {
        let edges = open_target(edges);
        let edge_choice = edge_choice(&edges);
        check_edges(&tasks, &choice, &edges, &edge_choice);
        (edges.oid(), edge_choice)
    });
    let wanted = Wanted { choice, edges };
    attach_unless(
        tasks,
        |tasks| is_attached(tasks, &wanted),
        |tasks| {
            attach(tasks, &wanted);
            requirements::advise(tasks, &wanted.choice);
        },
    );
}

/// The side table of what is attached already.
fn present(tasks: &Relation) -> Option<(pg_sys::Oid, Choice)> {
    let attached = attachment::triggers_of(tasks, TASK_FUNCTION)
        .into_iter()
        .find(|attached| !attached.inherited)?;
    Some((
        attached.bound_table?,
        Choice::from_arguments(&attached.arguments)?,
    ))
}

fn is_attached(tasks: &Relation, wanted: &Wanted) -> bool {
    let Some((side, choice)) = present(tasks) else {
        return false;
    };
    let edges = edges_of(side).map(|edges| {
        let attached = attachment::triggers_of(&edges, EDGE_FUNCTION);
        let arguments = attached
            .into_iter()
            .find(|one| one.bound_table == Some(side))
            .map(|one| one.arguments);
        (
            edges.oid(),
            arguments.and_then(|one| edges::Choice::from_arguments(&one)),
        )
    });
    let wanted_edges = wanted
        .edges
        .as_ref()
        .map(|(table, choice)| (*table, Some(choice.clone())));
    choice == wanted.choice && edges == wanted_edges && fits(tasks, side, &choice)
}

/// False where columns have other types since the side table was made.
fn fits(tasks: &Relation, side: pg_sys::Oid, choice: &Choice) -> bool {
    let key = required_column(tasks, &choice.key);
    let key_type = requirements::key_type_of(tasks, &key);
    Relation::try_open(side, Lock::AccessShare)
        .is_some_and(|side| Kept::fitting(&side, tasks, key_type, choice).is_some())
}

/// The edge table that is bound to a side table.
fn edges_of(side: pg_sys::Oid) -> Option<Relation> {
    let rows = statement::query(&format!(
        "select target::pg_catalog.oid from steward.attachments where bound_table::pg_catalog.oid = {} \
         and definition like {}",
        side.to_u32(),
        name::literal(&format!("%steward.{EDGE_FUNCTION}(%")),
    ));
    let oid: u32 = rows.into_iter().next()?.pop().flatten()?.parse().ok()?;
    Relation::try_open(pg_sys::Oid::from(oid), Lock::AccessShare)
}

fn attach(tasks: &Relation, wanted: &Wanted) {
    let edges = wanted
        .edges
        .as_ref()
        .map(|(edges, choice)| (Relation::open(*edges, Lock::AccessShare), choice.clone()));
    tasks.lock_against_writers();
    if let Some((edges, _)) = &edges {
        edges.lock_against_writers();
    }
    let replaced = present(tasks).map(|(side, _)| side);
    let side = create_side_table(tasks, &wanted.choice, replaced);
    let sources = Sources {
        tasks,
        choice: &wanted.choice,
        edges,
    };
    owner::run_as_from_call(tasks.owner(), || {
        fill(&sources, side);
        if let Some(replaced) = replaced {
            take_over_claims(replaced, side);
        }
        create_indexes(tasks, side, &wanted.choice);
    });
    if replaced.is_some() {
        statement::query(&format!(
            "select steward.detach({}, 'tasks')",
            name::literal(&tasks.qualified_name())
        ));
    }
    create_triggers(&sources, side);
}

/// One that is replaced makes room for its name.
fn create_side_table(
    tasks: &Relation,
    choice: &Choice,
    replaced: Option<pg_sys::Oid>,
) -> pg_sys::Oid {
    let wanted = attachment::cut(tasks.name().as_str(), "_readiness");
    if let Some(replaced) = replaced {
        let replaced = Relation::open(replaced, Lock::AccessShare);
        let old = replaced.qualified_name();
        let free = free_relation_name(tasks, &attachment::cut(&replaced.name(), "_old"));
        drop(replaced);
        statement::run(&format!(
            "alter table {old} rename to {}",
            name::identifier(&free)
        ));
    }
    let key_type = requirements::key_type_of(tasks, &required_column(tasks, &choice.key));
    let optional = |column: &Option<String>, kept: &str| {
        column
            .as_ref()
            .and_then(|column| tasks.attribute(column))
            .map_or_else(String::new, |column| {
                format!(", {kept} {}", type_in_side_table(&column))
            })
    };
    let columns = [
        ("task", "The key of a task."),
        ("state", "0 open, 1 done, 2 cancelled."),
        (
            "open_blockers",
            "How many of its dependencies it still waits for.",
        ),
        (
            "is_ready",
            "True where it is open, waits for nothing, and is claimed by nobody.",
        ),
        ("claimed_by", "Who works on it."),
        (
            "claim_token",
            "The token of the latest claim; it only ever rises.",
        ),
        ("claimed_until", "When that claim ends by itself."),
        ("priority", "The priority of the task."),
        ("due", "When the task is due."),
    ];
    let comments: Vec<_> = columns
        .into_iter()
        .filter(|(column, _)| match *column {
            "priority" => choice.priority.is_some(),
            "due" => choice.due.is_some(),
            _ => true,
        })
        .collect();
    attachment::create_side_table(
        tasks,
        &SideTable {
            name: &free_relation_name(tasks, &wanted),
            columns: &format!(
                "task {}{} primary key, state smallint not null, open_blockers integer not null, \
                 is_ready boolean not null, claimed_by text, claim_token bigint generated by default as identity not null, \
                 claimed_until timestamp with time zone{}{}",
                key_type.sql_name(),
                collation(key_type == KeyType::Text),
                optional(&choice.priority, "priority"),
                optional(&choice.due, "due"),
            ),
            storage: "(fillfactor = 70)",
            purpose: "which tasks are open, done or ready, and who has claimed them",
            column_comments: &comments,
        },
    )
    .oid()
}

fn type_in_side_table(column: &Attribute) -> String {
    let is_text = column.category() == TypeCategory::Text;
    format!("{}{}", column.base_type_name(), collation(is_text))
}

const fn collation(is_text: bool) -> &'static str {
    if is_text {
        " collate pg_catalog.\"C\""
    } else {
        ""
    }
}

fn take_over_claims(from: pg_sys::Oid, to: pg_sys::Oid) {
    let from = Relation::open(from, Lock::AccessShare);
    let claim = ["task", "claimed_by", "claim_token", "claimed_until"];
    if claim.iter().any(|column| from.attribute(column).is_none()) {
        return;
    }
    let from = from.qualified_name();
    let to = Relation::open(to, Lock::AccessShare).qualified_name();
    statement::run(&format!(
        "update {to} as s set claimed_by = o.claimed_by, claim_token = o.claim_token, \
             claimed_until = o.claimed_until, is_ready = s.is_ready and o.claimed_until is null \
         from {from} as o where o.task::pg_catalog.text = s.task::pg_catalog.text and o.claim_token > 0",
    ));
    // Tokens go on where they were.
    let tokens = |table: &str| {
        format!(
            "pg_catalog.pg_get_serial_sequence({}, 'claim_token')::pg_catalog.regclass",
            name::literal(table)
        )
    };
    statement::run(&format!(
        "select pg_catalog.setval({}, pg_catalog.nextval({}))",
        tokens(&to),
        tokens(&from),
    ));
}

fn create_indexes(tasks: &Relation, side: pg_sys::Oid, choice: &Choice) {
    let side = Relation::open(side, Lock::AccessShare);
    let name = |suffix| {
        let free = free_relation_name(tasks, &attachment::cut(&side.name(), suffix));
        name::identifier(&free)
    };
    let (ready, leases) = (name("_ready"), name("_leases"));
    let mut columns = vec!["is_ready"];
    columns.extend(choice.priority.as_ref().map(|_| "priority"));
    columns.extend(choice.due.as_ref().map(|_| "due"));
    columns.push("task");
    let table = side.qualified_name();
    drop(side);
    statement::run(&format!(
        "create index {ready} on {table} ({})",
        columns.join(", "),
    ));
    statement::run(&format!("create index {leases} on {table} (claimed_until)"));
}

fn create_triggers(sources: &Sources<'_>, side: pg_sys::Oid) {
    let tasks = sources.tasks;
    let side_name = Relation::open(side, Lock::AccessShare).qualified_name();
    let choice = sources.choice.arguments();
    create(
        tasks,
        "steward_completion",
        "before insert or update",
        "for each row",
        &format!("{STAMP_FUNCTION}({choice})"),
    );
    let bound = RefCell::new(None);
    let bind = |table: &Relation, wanted: &str, function: &str, arguments: &str| {
        let name = free_trigger_name(table, wanted);
        statement::run(&format!(
            "create constraint trigger {} after insert or update or delete on {} from {side_name} \
             for each row execute function steward.{function}({arguments})",
            name::identifier(&name),
            table.qualified_name(),
        ));
        bound.borrow_mut().get_or_insert(name);
    };
    bind(tasks, "steward_readiness", TASK_FUNCTION, &choice);
    let mut tables = vec![tasks];
    if let Some((edges, edge_choice)) = &sources.edges {
        bind(
            edges,
            "steward_readiness_edges",
            EDGE_FUNCTION,
            &edge_choice.arguments(),
        );
        if edges.oid() != tasks.oid() {
            tables.push(edges);
        }
    }
    for table in tables {
        create_statement_triggers(table, &side_name);
    }
    if let Some(trigger) = bound.into_inner() {
        attachment::bind_side_table(tasks, &trigger, side);
    }
}

fn create_statement_triggers(table: &Relation, side_name: &str) {
    let statement_trigger = |name: &str, event: &str| {
        let function = format!("{SETTLE_FUNCTION}()");
        create(table, name, event, "for each statement", &function);
    };
    statement_trigger(
        "steward_readiness_begin",
        "before insert or update or delete",
    );
    statement_trigger("steward_readiness_end", "after insert or update or delete");
    // A TRUNCATE fires no trigger that a partition could have from its parent.
    for member in table.tree() {
        create(
            &Relation::open(member.oid, Lock::AccessShare),
            "steward_readiness_truncate",
            "after truncate",
            "for each statement",
            &format!("{TRUNCATE_FUNCTION}()"),
        );
    }
    if table.is_partitioned() {
        statement::run(&format!(
            "create constraint trigger {} after insert or update or delete on {} from {side_name} \
             deferrable initially deferred for each row execute function steward.{LATE_FUNCTION}()",
            name::identifier(&free_trigger_name(table, "steward_readiness_late")),
            table.qualified_name(),
        ));
    }
}

fn create(table: &Relation, wanted: &str, event: &str, level: &str, call: &str) {
    statement::run(&format!(
        "create trigger {} {event} on {} {level} execute function steward.{call}",
        name::identifier(&free_trigger_name(table, wanted)),
        table.qualified_name(),
    ));
}
