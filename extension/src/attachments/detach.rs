//! `detach`: drops what the view lists.

use pgrx::pg_sys;

use crate::pg::attachment::{drop_trigger, open_target};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::statement;

/// The capabilities that are attached as triggers.
const CAPABILITIES: [&str; 2] = ["timestamps", "stages"];

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
        drop_trigger(&table, trigger);
    }
    i32::try_from(triggers.len()).unwrap_or(i32::MAX)
}

fn attached(table: &Relation, capability: &str, name: Option<&str>) -> Vec<String> {
    let named = name.map_or_else(String::new, |name| {
        format!(" and name = {}", name::literal(name))
    });
    let rows = statement::query(&format!(
        "select name from steward.attachments where target = {} and capability = {}{named} order by name",
        table.oid().to_u32(),
        name::literal(capability),
    ));
    rows.into_iter()
        .filter_map(|mut row| row.pop().flatten())
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
