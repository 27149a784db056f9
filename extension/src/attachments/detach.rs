//! `detach`: drops what the view lists.

use pgrx::pg_sys;

use crate::pg::attachment::{self, drop_side_table, drop_trigger, open_target};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;

/// The capabilities that are attached as triggers.
const CAPABILITIES: [&str; 5] = ["timestamps", "stages", "dependencies", "audit", "budgets"];
/// The functions of the triggers that are bound to a side table, which goes with them; what others are bound to is
/// the user's.
const WITH_SIDE_TABLE: &str = "'steward.check_dependency()', 'steward.keep_budgets()'";
/// The functions of the triggers by which usage is charged, and of those that keep what it is charged to.
const CHARGES: &str = "'steward.note_usage()'";
const KEEPS_BUDGETS: &str = "'steward.keep_budgets()'";

/// `steward.detach(target, capability, name)`.
pub(super) fn detach(arguments: &Arguments) -> i32 {
    let target: pg_sys::Oid = arguments.required(0, "target");
    let capability: String = arguments.required(1, "capability");
    let name: Option<String> = arguments.optional(2);
    if !CAPABILITIES.contains(&capability.as_str()) {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("there is no capability {}", name::literal(&capability)),
        )
        .hint(format!(
            "The capabilities are: {}.",
            CAPABILITIES.join(", ")
        ))
        .raise()
    }
    let table = open_target(target);
    let triggers = attached(&table, &capability, name.as_deref());
    if triggers.is_empty() {
        nothing_attached(&table, &capability, name.as_deref());
    }
    for trigger in &triggers {
        check_is_its_own(&table, trigger);
        check_is_not_needed(&table, trigger);
        drop_trigger(
            &Relation::open(trigger.table, Lock::AccessShare),
            &trigger.name,
        );
        if let Some(side_table) = trigger.bound_table
            && trigger.kind == Kind::WithSideTable
        {
            drop_side_table(side_table);
        }
    }
    for trigger in triggers
        .iter()
        .filter(|trigger| trigger.kind == Kind::Charges)
    {
        count_again(trigger);
    }
    i32::try_from(triggers.len()).unwrap_or(i32::MAX)
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

/// Budgets stay while usage is charged to them.
fn check_is_not_needed(table: &Relation, trigger: &Attached) {
    if !trigger.keeps_budgets {
        return;
    }
    let rows = statement::query(&format!(
        "select distinct target::text from steward.attachments where capability = 'budgets' and bound_table = {}::oid",
        table.oid().to_u32()
    ));
    let Some(Some(usage)) = rows.into_iter().next().and_then(|mut row| row.pop()) else {
        return;
    };
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "usage in {usage} is charged to the budgets in {}",
            table.qualified_name()
        ),
    )
    .hint(format!(
        "First: select steward.detach({}, 'budgets');",
        name::literal(&usage)
    ))
    .table(table)
    .raise()
}

/// What was charged by a table that is charged no more does not count any more.
fn count_again(trigger: &Attached) {
    if let Some(limits) = trigger.bound_table {
        let oid = limits.to_u32();
        statement::query(&format!(
            "select steward.rebuild_budgets({oid}::oid::regclass) where exists ( \
                 select from steward.attachments where target = {oid}::oid and capability = 'budgets' and arguments[1] = 'counters')",
        ));
    }
}

/// What goes with a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    WithSideTable,
    Charges,
    Other,
}

/// A trigger that is to go.
struct Attached {
    kind: Kind,
    keeps_budgets: bool,
    table: pg_sys::Oid,
    /// The table whose trigger it is a part of, where it is no partition of that any more.
    belongs_to: Option<pg_sys::Oid>,
    name: String,
    bound_table: Option<pg_sys::Oid>,
}

/// The triggers of a capability. What belongs to one goes with it: it is named after it, and a partition
/// can have its own.
fn attached(table: &Relation, capability: &str, name: Option<&str>) -> Vec<Attached> {
    let named = name.map_or_else(String::new, |name| {
        let belonging = attachment::with_suffix(name, "_truncate");
        format!(
            " and name in ({}, {}, {})",
            name::literal(name),
            name::literal(&attachment::trigger_name(&format!("steward_{name}"))),
            name::literal(&belonging)
        )
    });
    let oid = table.oid().to_u32();
    let rows = statement::query(&format!(
        "select target::oid, name, bound_table::oid, ( \
             select p.tgrelid from pg_catalog.pg_trigger as t join pg_catalog.pg_trigger as p on p.oid = t.tgparentid \
             where t.tgrelid = a.target and t.tgname = a.name), \
             ( \
             select case when t.tgfoid = any (array[{WITH_SIDE_TABLE}]::regprocedure[]) then 'side table' \
                 when t.tgfoid = any (array[{CHARGES}]::regprocedure[]) then 'charges' end \
             from pg_catalog.pg_trigger as t where t.tgrelid = a.target and t.tgname = a.name), \
             ( \
             select t.tgfoid = {KEEPS_BUDGETS}::regprocedure \
             from pg_catalog.pg_trigger as t where t.tgrelid = a.target and t.tgname = a.name) \
         from steward.attachments as a \
         where capability = {}{named} and (target = {oid} or target in ( \
             select relid from pg_catalog.pg_partition_tree({oid}::oid::regclass) \
         ) and exists (select from steward.attachments as r \
             where r.target = {oid} and r.capability = a.capability and r.name = a.name)) \
         order by target::oid <> {oid}, name",
        name::literal(capability),
    ));
    rows.into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            let oid = |text: String| text.parse::<u32>().ok().map(pg_sys::Oid::from);
            Some(Attached {
                table: oid(row.next()??)?,
                name: row.next()??,
                bound_table: row.next()?.and_then(oid),
                belongs_to: row.next()?.and_then(oid),
                kind: match row.next()?.as_deref() {
                    Some("side table") => Kind::WithSideTable,
                    Some("charges") => Kind::Charges,
                    _ => Kind::Other,
                },
                keeps_budgets: row.next()?.as_deref() == Some("t"),
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
