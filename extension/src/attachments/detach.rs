//! `detach`: drops what the view lists.

use pgrx::pg_sys;

use crate::pg::attachment::{drop_side_table, drop_trigger, open_target};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::statement;

/// The capabilities that are attached as triggers.
const CAPABILITIES: [&str; 3] = ["timestamps", "stages", "dependencies"];
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
    for (trigger, bound_table) in &triggers {
        drop_trigger(&table, trigger);
        if let Some(side_table) = bound_table
            && WITH_SIDE_TABLE.contains(&capability.as_str())
        {
            drop_side_table(*side_table);
        }
    }
    i32::try_from(triggers.len()).unwrap_or(i32::MAX)
}

/// The names of the triggers, with the tables that they are bound to.
fn attached(
    table: &Relation,
    capability: &str,
    name: Option<&str>,
) -> Vec<(String, Option<pg_sys::Oid>)> {
    let named = name.map_or_else(String::new, |name| {
        format!(" and name = {}", name::literal(name))
    });
    let rows = statement::query(&format!(
        "select name, bound_table::oid from steward.attachments \
         where target = {} and capability = {}{named} order by name",
        table.oid().to_u32(),
        name::literal(capability),
    ));
    rows.into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            let name = row.next()??;
            let bound_table = row.next()?.and_then(|oid| oid.parse::<u32>().ok());
            Some((name, bound_table.map(pg_sys::Oid::from)))
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
