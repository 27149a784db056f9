//! `detach`: drops what the view lists.

use pgrx::pg_sys;

use crate::pg::attachment::{self, drop_side_table, drop_trigger, open_target};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::statement;

/// The capabilities that are attached as triggers.
const CAPABILITIES: [&str; 4] = ["timestamps", "stages", "dependencies", "audit"];
/// Those that came with a side table, which goes with them; what others are bound to is the user's.
const WITH_SIDE_TABLE: [&str; 1] = ["dependencies"];

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
        drop_trigger(
            &Relation::open(trigger.table, Lock::AccessShare),
            &trigger.name,
        );
        if let Some(side_table) = trigger.bound_table
            && WITH_SIDE_TABLE.contains(&capability.as_str())
        {
            drop_side_table(side_table);
        }
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

/// A trigger that is to go.
struct Attached {
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
             where t.tgrelid = a.target and t.tgname = a.name) \
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
