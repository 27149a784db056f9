//! `restrict`: writes the policies of a table, in the form that is fast, and undoes it.
//!
//! What a user may see by membership is found once a statement, as an array (`= any (array(select ...))`), by a
//! function that runs with the rights of the membership table's owner: so the policies of that table do not
//! apply to it, and a policy that asks it cannot come back to itself. The policies are ordinary ones: `\d` shows
//! them, `pg_dump` carries them, and they can be edited by hand. The comment of each holds the call that wrote it.

use pgrx::pg_sys;

use crate::pg::attachment::{self, open_target};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::statement;

use self::choice::{Choice, Command};
use self::condition::Conditions;
use self::membership::Membership;
use self::policies::Policy;

mod choice;
mod columns;
mod condition;
mod membership;
mod policies;
mod views;

/// `steward.restrict(target, ...)`.
pub(super) fn restrict(arguments: &Arguments) {
    let target: pg_sys::Oid = arguments.required(0, "target");
    let choice = Choice::read(arguments);
    write_policies(open_target(target), &choice);
    // Nothing is open any more: a table that is in use cannot be altered.
    protect(target, choice.force);
}

fn write_policies(table: Relation, choice: &Choice) {
    let conditions = Conditions::of(&table, choice);
    let membership = conditions.membership.as_ref();
    check_force(&table, choice, membership);
    let policies = policies::wanted(&table, choice, &conditions);
    attachment::attach_unless(
        table,
        |table| {
            membership.is_none_or(|membership| membership.is_granted(&choice.database_roles))
                && policies::are_there(table, &choice.name, &policies)
        },
        |table| write(table, choice, &conditions, &policies),
    );
}

fn write(table: &Relation, choice: &Choice, conditions: &Conditions, policies: &[Policy]) {
    if let Some(membership) = &conditions.membership {
        membership.create();
        membership.grant(&choice.database_roles);
    }
    policies::replace(table, &choice.name, policies);
    for report in conditions.doubts(table) {
        report.warning();
    }
    views::make_invokers(table);
    membership::drop_unused(table);
}

/// Switches row level security on, and forces it if it has to be, unless that is so.
fn protect(table: pg_sys::Oid, force: bool) {
    let rows = statement::query(&format!(
        "select {table}::pg_catalog.regclass::pg_catalog.text from pg_catalog.pg_class \
         where oid = {table} and not (relrowsecurity and (relforcerowsecurity or not {force}))",
        table = table.to_u32(),
    ));
    let force = if force {
        ", force row level security"
    } else {
        ""
    };
    for table in rows.into_iter().flatten().flatten() {
        statement::run(&format!(
            "alter table {table} enable row level security{force}"
        ));
    }
}

/// A membership table that forces its policies upon its owner would have them asked by the function that they
/// ask: without end.
fn check_force(table: &Relation, choice: &Choice, membership: Option<&Membership>) {
    let forced = if choice.force && membership::reads(table) {
        Some(table.qualified_name())
    } else {
        membership
            .filter(|membership| membership.is_forced())
            .map(|membership| membership.table.qualified_name())
    };
    let Some(forced) = forced else { return };
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "row level security of the membership table {forced} cannot be forced upon its owner"
        ),
    )
    .detail(
        "Its members are found with the rights of its owner, so its policies would ask themselves.",
    )
    .hint(format!(
        "alter table {forced} no force row level security; -- or let its owner have BYPASSRLS"
    ))
    .table(table)
    .raise()
}

/// `steward.unrestrict(target, name)`.
pub(super) fn unrestrict(arguments: &Arguments) -> i32 {
    let target: pg_sys::Oid = arguments.required(0, "target");
    let name: Option<String> = arguments.optional(1);
    let table = open_target(target);
    let dropped = policies::drop_written(&table, name.as_deref());
    membership::drop_unused(&table);
    let table_name = table.qualified_name();
    if dropped == 0 {
        Report::new(
            SqlState::UNDEFINED_OBJECT,
            format!(
                "{table_name} has no policy that restrict has written{}",
                under(name.as_deref())
            ),
        )
        .notice();
    } else if !policies::has_any(&table) {
        Report::new(
            SqlState::WARNING,
            format!("row level security of {table_name} stays on: nobody but its owner sees a row"),
        )
        .hint(format!(
            "To open it to all who have rights on it: alter table {table_name} disable row level security;"
        ))
        .notice();
    }
    dropped
}

fn under(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| {
        format!(" under the name {}", name::identifier(name))
    })
}

/// The commands of SQL that a policy can be for.
const COMMANDS: [Command; 4] = [
    Command::Select,
    Command::Insert,
    Command::Update,
    Command::Delete,
];
