//! `detach`: drops what the view lists.

use pgrx::pg_sys;

use crate::pg::attachment::{self, drop_side_table, drop_trigger, open_target};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;

use super::budgets;

/// The capabilities that are attached as triggers.
const CAPABILITIES: [&str; 8] = [
    "timestamps",
    "stages",
    "dependencies",
    "audit",
    "tasks",
    "progress",
    "notices",
    "budgets",
];
/// Those whose triggers on several tables are kept together by the side table that they are bound to.
const WITH_SIDE_TABLE: [&str; 2] = ["dependencies", "tasks"];
/// The trigger functions that are bound to a side table, which goes with them; what others are bound to is
/// the user's.
const BOUND_TO_SIDE_TABLE: [&str; 5] = [
    "check_dependency",
    "note_task",
    "note_task_edge",
    "collect_progress",
    "keep_budgets",
];
/// How the triggers are called, after its name, that belong to another.
const BELONGING: [&str; 5] = ["_truncate", "_begin", "_flush", "_rest", "_into"];
/// The capability that consists of policies instead, which undoes itself.
const POLICIES: &str = "access";

/// `steward.detach(target, capability, name)`.
pub(super) fn detach(arguments: &Arguments) -> i32 {
    let target: pg_sys::Oid = arguments.required(0, "target");
    let capability: String = arguments.required(1, "capability");
    let name: Option<String> = arguments.optional(2);
    if capability == POLICIES {
        return unrestrict(target, name.as_deref());
    }
    if !CAPABILITIES.contains(&capability.as_str()) {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("there is no capability {}", name::literal(&capability)),
        )
        .hint(format!(
            "The capabilities are: {}, {POLICIES}.",
            CAPABILITIES.join(", ")
        ))
        .raise()
    }
    let table = open_target(target);
    let triggers = attached(&table, &capability, name.as_deref());
    if capability == "tasks" && attachment::triggers_of(&table, "note_task").is_empty() {
        tell_of_the_tasks(&table, &triggers);
    }
    if triggers.is_empty() {
        nothing_attached(&table, &capability, name.as_deref());
    }
    let charged = if capability == "budgets" {
        budgets::check_are_not_needed(&table);
        budgets::charged(&table)
    } else {
        Vec::new()
    };
    for trigger in &triggers {
        check_is_its_own(&table, trigger);
        let fires_on = Relation::open(trigger.table, Lock::AccessShare);
        // One that is bound to a side table goes with it.
        if attachment::has_trigger(&fires_on, &trigger.name) {
            drop_trigger(&fires_on, &trigger.name);
        }
    }
    triggers
        .iter()
        .filter_map(|trigger| trigger.side_table)
        .for_each(drop_side_table);
    charged.into_iter().for_each(budgets::count_again);
    i32::try_from(triggers.len()).unwrap_or(i32::MAX)
}

/// Tasks and their dependencies go together; whoever names the dependencies may not think of the tasks.
fn tell_of_the_tasks(edges: &Relation, triggers: &[Attached]) {
    let tree: Vec<_> = edges.tree().iter().map(|member| member.oid).collect();
    let Some(other) = triggers
        .iter()
        .find(|trigger| !tree.contains(&trigger.table))
    else {
        return;
    };
    let other = Relation::open(other.table, Lock::AccessShare).root();
    Report::new(
        SqlState::WARNING,
        format!(
            "tasks are detached from {} too",
            Relation::open(other, Lock::AccessShare).qualified_name()
        ),
    )
    .detail("Tasks and their dependencies are kept together.")
    .table(edges)
    .notice();
}

fn unrestrict(target: pg_sys::Oid, name: Option<&str>) -> i32 {
    let name = name.map_or_else(|| "null".to_owned(), name::literal);
    let rows = statement::query(&format!(
        "select steward.unrestrict({}::pg_catalog.oid::pg_catalog.regclass, {name})",
        target.to_u32(),
    ));
    rows.into_iter()
        .flatten()
        .flatten()
        .find_map(|count| count.parse().ok())
        .unwrap_or_default()
}

/// PostgreSQL leaves a partition that is detached with the triggers of the whole, and lets nobody drop them.
fn check_is_its_own(table: &Relation, trigger: &Attached) {
    let Some(whole) = trigger.belongs_to else {
        return;
    };
    let whole = Relation::open(whole, Lock::AccessShare).qualified_name();
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "trigger {} of {} belongs to {whole}, of which it was a partition",
            name::identifier(&trigger.name),
            table.qualified_name(),
        ),
    )
    .detail("It goes when the trigger of the whole goes.")
    .hint(format!(
        "Detach from {whole}, and attach to it again, in one transaction."
    ))
    .table(table)
    .raise()
}

/// A trigger that is to go.
struct Attached {
    table: pg_sys::Oid,
    /// The table whose trigger it is a part of, where it is no partition of that any more.
    belongs_to: Option<pg_sys::Oid>,
    name: String,
    /// What came with it.
    side_table: Option<pg_sys::Oid>,
}

/// The triggers of a capability. What belongs to one goes with it: it is named after it, and a partition
/// can have its own.
fn attached(table: &Relation, capability: &str, name: Option<&str>) -> Vec<Attached> {
    let named = name.map_or_else(String::new, |name| {
        let given = [
            name.to_owned(),
            format!("steward_{name}"),
            format!("steward_roll_up_{name}"),
            format!("steward_tell_{name}"),
        ];
        let names: Vec<_> = given
            .iter()
            .flat_map(|given| {
                let whole = attachment::trigger_name(given);
                let belonging = BELONGING.map(|suffix| attachment::with_suffix(given, suffix));
                belonging.into_iter().chain([whole])
            })
            .map(|name| name::literal(&name))
            .collect();
        format!(" and a.name in ({})", names.join(", "))
    });
    let oid = table.oid().to_u32();
    let functions = BOUND_TO_SIDE_TABLE.map(name::literal).join(", ");
    // What is bound to the same side table is kept together with it: tasks and their dependencies.
    let rows = statement::query(&format!(
        "with a as materialized (select a.target, a.name, a.bound_table, ( \
                 select p.tgrelid from pg_catalog.pg_trigger as t join pg_catalog.pg_trigger as p on p.oid = t.tgparentid \
                 where t.tgrelid = a.target and t.tgname = a.name) as belongs_to \
             from steward.attachments as a where capability = {capability}{named}), \
         roots as (select {oid}::oid as oid union select r.target::oid from a as r join a as s on s.bound_table = r.bound_table \
             where s.target = {oid} and {capability} = any (array[{with_side_table}]) \
                 and r.belongs_to is null and s.belongs_to is null) \
         select target::oid, name, (select nullif(t.tgconstrrelid, 0) from pg_catalog.pg_trigger as t \
                  join pg_catalog.pg_proc as p on p.oid = t.tgfoid \
              where t.tgrelid = a.target and t.tgname = a.name and p.proname in ({functions})), belongs_to \
         from a where exists ( \
             select from roots where target = roots.oid or target in ( \
                 select relid from pg_catalog.pg_partition_tree(roots.oid::regclass) \
             ) and exists (select from a as r where r.target = roots.oid and r.name = a.name)) \
         order by target::oid = {oid}, name",
        capability = name::literal(capability),
        with_side_table = WITH_SIDE_TABLE.map(name::literal).join(", "),
    ));
    rows.into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            let oid = |text: String| text.parse::<u32>().ok().map(pg_sys::Oid::from);
            Some(Attached {
                table: oid(row.next()??)?,
                name: row.next()??,
                side_table: row.next()?.and_then(oid),
                belongs_to: row.next()?.and_then(oid),
            })
        })
        .collect()
}

fn nothing_attached(table: &Relation, capability: &str, name: Option<&str>) {
    let named = name.map_or_else(String::new, |name| {
        format!(" under the name {}", name::identifier(name))
    });
    let mut report = Report::new(
        SqlState::UNDEFINED_OBJECT,
        format!(
            "{capability} is not attached to {}{named}",
            table.qualified_name()
        ),
    );
    if table.is_partition() {
        report = report.hint("What a partition has from its parent is detached from the parent.");
    }
    report.notice();
}
