//! `audit`: checks the arguments against the catalog and creates the triggers.
//!
//! The row trigger is bound to the destination and reaches all partitions. A TRUNCATE fires no trigger
//! that a partition could have from its parent, so each partition gets one of its own.

use std::cell::Cell;

use pgrx::pg_sys;

use crate::pg::attachment::{self, Attached, drop_trigger, free_trigger_name, open_target};
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Lock, Relation};
use crate::pg::requirements::refuse_renamed_meanwhile;
use crate::pg::statement;

use super::choice::{Action, Choice};
use super::destination;
use super::requirements;

pub(super) const ROW_FUNCTION: &str = "record_change";
pub(super) const TRUNCATE_FUNCTION: &str = "record_truncate";
const DEFAULT_NAME: &str = "steward_audit";
const TRUNCATE_SUFFIX: &str = "_truncate";

/// What is to be attached.
struct Wanted {
    destination: pg_sys::Oid,
    choice: Choice,
    always: bool,
    name: Option<String>,
}

/// `steward.audit(target, destination, ignore, redact, actions, always, require_actor, key, name)`.
pub(super) fn audit(arguments: &Arguments) {
    let target: pg_sys::Oid = arguments.required(0, "target");
    let destination: pg_sys::Oid = arguments.required(1, "destination");
    let choice = Choice {
        ignore: required_names(arguments, 2, "ignore"),
        redact: required_names(arguments, 3, "redact"),
        actions: actions(arguments),
        key: names(arguments, 7, "key"),
        require_actor: arguments.required(6, "require_actor"),
    };
    let name: Option<String> = arguments.optional(8);
    let wanted = Wanted {
        destination,
        choice,
        always: arguments.required(5, "always"),
        name: name.as_deref().map(attachment::trigger_name),
    };
    let table = open_target(target);
    requirements::check_columns(&table, &wanted.choice);
    let attached = Cell::new(None);
    attachment::attach_unless(
        table,
        |table| is_attached(table, &wanted),
        |table| {
            requirements::check(table, wanted.destination, &wanted.choice);
            attached.set(Some(attach(table, &wanted)));
        },
    );
    if let Some(name) = attached.take().filter(|_| wanted.always) {
        fire_always(target, &name);
    }
}

fn required_names(arguments: &Arguments, position: usize, argument: &str) -> Vec<String> {
    names(arguments, position, argument).unwrap_or_else(|| {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("argument \"{argument}\" must not be NULL"),
        )
        .raise()
    })
}

/// The members of an array of names; none where it is NULL.
fn names(arguments: &Arguments, position: usize, argument: &str) -> Option<Vec<String>> {
    let names: Vec<Option<String>> = arguments.optional(position)?;
    let whole: Option<Vec<String>> = names.into_iter().collect();
    whole.or_else(|| {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("argument \"{argument}\" must not contain NULL"),
        )
        .raise()
    })
}

fn actions(arguments: &Arguments) -> Vec<Action> {
    let named = required_names(arguments, 4, "actions");
    for name in &named {
        if Action::of_name(name).is_none() {
            unknown_action(&format!("there is no action {}", name::literal(name)));
        }
    }
    if named.is_empty() {
        unknown_action("argument \"actions\" must name an action");
    }
    let is_named = |action: &Action| {
        named
            .iter()
            .any(|name| Action::of_name(name) == Some(*action))
    };
    Action::ALL.into_iter().filter(is_named).collect()
}

fn unknown_action(message: &str) -> ! {
    Report::new(SqlState::INVALID_PARAMETER_VALUE, message)
        .hint("The actions are: INSERT, UPDATE, DELETE, TRUNCATE.")
        .raise()
}

/// The row trigger that an attach call replaces: the one of that name, else the one to the same
/// destination.
fn present(table: &Relation, wanted: &Wanted) -> Option<Attached> {
    attachment::triggers_of(table, ROW_FUNCTION)
        .into_iter()
        .find(|attached| match &wanted.name {
            Some(name) => attached.name == *name,
            None => attached.bound_table == Some(wanted.destination),
        })
}

fn is_attached(table: &Relation, wanted: &Wanted) -> bool {
    let Some(present) = present(table, wanted) else {
        return false;
    };
    let is_wanted = |attached: &Attached| {
        Choice::from_arguments(&attached.arguments).as_ref() == Some(&wanted.choice)
            && attached.always == wanted.always
    };
    let truncate = truncate_name(&present.name);
    let records_truncate = || {
        relations_of(table).iter().all(|relation| {
            attachment::triggers_of(relation, TRUNCATE_FUNCTION)
                .iter()
                .any(|attached| attached.name == truncate && is_wanted(attached))
        })
    };
    present.bound_table == Some(wanted.destination)
        && is_wanted(&present)
        && (!wanted.choice.records(Action::Truncate) || records_truncate())
}

/// The table, and where it is partitioned all its partitions.
pub(super) fn relations_of(table: &Relation) -> Vec<Relation> {
    let rows = statement::query(&format!(
        "select {0}::pg_catalog.oid union \
         select relid::pg_catalog.oid from pg_catalog.pg_partition_tree({0}::pg_catalog.oid::pg_catalog.regclass) \
         order by 1",
        table.oid().to_u32(),
    ));
    rows.into_iter()
        .filter_map(|mut row| row.pop().flatten()?.parse::<u32>().ok())
        .filter_map(|oid| Relation::try_open(pg_sys::Oid::from(oid), Lock::AccessShare))
        .collect()
}

/// The name of the trigger for TRUNCATE beside the row trigger of that name.
pub(super) fn truncate_name(name: &str) -> String {
    attachment::with_suffix(name, TRUNCATE_SUFFIX)
}

/// Returns the name of the row trigger.
fn attach(table: &Relation, wanted: &Wanted) -> String {
    let replaced = present(table, wanted);
    if let Some(attached) = &replaced {
        attachment::refuse_inherited(table, attached);
        tell_what_is_shown_now(table, attached, &wanted.choice);
        drop_pair(table, &attached.name);
    }
    let name = wanted
        .name
        .clone()
        .or(replaced.map(|attached| attached.name))
        .unwrap_or_else(|| free_trigger_name(table, DEFAULT_NAME));
    create_row_trigger(table, wanted, &name);
    let truncate = truncate_name(&name);
    let is_anothers = attachment::triggers_of(table, ROW_FUNCTION)
        .iter()
        .any(|other| other.name != name && truncate_name(&other.name) == truncate);
    for relation in relations_of(table) {
        // One may be left of a row trigger that went with its log.
        if !is_anothers {
            drop_truncate_trigger(&relation, &truncate);
        }
        if wanted.choice.records(Action::Truncate) {
            create_truncate_trigger(&relation, wanted, &truncate);
        }
    }
    name
}

/// A call with other arguments replaces all of them. Where that ends a redaction it must not go unnoticed.
fn tell_what_is_shown_now(table: &Relation, replaced: &Attached, choice: &Choice) {
    let Some(before) = Choice::from_arguments(&replaced.arguments) else {
        return;
    };
    let is_shown = |column: &&String| {
        !choice.redact.contains(column)
            && !choice.ignore.contains(column)
            && table.attribute(column).is_some()
    };
    let shown: Vec<_> = before
        .redact
        .iter()
        .filter(is_shown)
        .map(|column| name::identifier(column))
        .collect();
    if shown.is_empty() {
        return;
    }
    Report::new(
        SqlState::WARNING,
        format!(
            "from now on the audit of {} shows what was redacted: {}",
            table.qualified_name(),
            shown.join(", "),
        ),
    )
    .hint("An attach call replaces all arguments of the one before: name the columns in redact => again to keep them out.")
    .table(table)
    .warning();
}

fn create_row_trigger(table: &Relation, wanted: &Wanted, name: &str) {
    let destination = Relation::open(wanted.destination, Lock::AccessShare);
    let create = format!(
        "create constraint trigger {} after {} on {} from {} \
         for each row execute function steward.{ROW_FUNCTION}({})",
        name::identifier(name),
        events(&wanted.choice),
        table.qualified_name(),
        destination.qualified_name(),
        wanted.choice.arguments(),
    );
    if destination::is_log(&destination) {
        // To bind a trigger to a table takes the right to create triggers on *that* one, which would be
        // more than an auditing owner should have on the log. Both rights that matter have been checked: he
        // owns the table and may INSERT into the log.
        owner::run_as(owner::SUPERUSER, || statement::run(&create));
    } else {
        statement::run(&create);
    }
    check_bound(table, wanted, name);
}

/// The statement named both tables, and the schema of one may have been renamed since it was looked up.
fn check_bound(table: &Relation, wanted: &Wanted, name: &str) {
    let is_bound = attachment::triggers_of(table, ROW_FUNCTION)
        .iter()
        .any(|made| made.name == name && made.bound_table == Some(wanted.destination));
    if !is_bound {
        refuse_renamed_meanwhile(table)
    }
}

/// The row events; a table of which TRUNCATE alone is recorded still needs a trigger that is bound.
fn events(choice: &Choice) -> String {
    let rows = [Action::Insert, Action::Update, Action::Delete];
    let events: Vec<_> = rows
        .into_iter()
        .filter(|action| choice.records(*action))
        .map(Action::name)
        .collect();
    if events.is_empty() {
        return Action::Delete.name().to_lowercase();
    }
    events.join(" or ").to_lowercase()
}

fn create_truncate_trigger(table: &Relation, wanted: &Wanted, name: &str) {
    statement::run(&format!(
        "create trigger {} before truncate on {} for each statement execute function steward.{TRUNCATE_FUNCTION}({})",
        name::identifier(name),
        table.qualified_name(),
        wanted.choice.arguments(),
    ));
}

/// Lets the triggers fire for what replication applies, too. To be called with none of the tables open:
/// one that is cannot be altered.
fn fire_always(table: pg_sys::Oid, name: &str) {
    let truncate = truncate_name(name);
    let mut triggers = Vec::new();
    {
        let table = Relation::open(table, Lock::AccessShare);
        triggers.push((table.qualified_name(), name));
        for relation in relations_of(&table) {
            if has_truncate_trigger(&relation, &truncate) {
                triggers.push((relation.qualified_name(), &truncate));
            }
        }
    }
    for (table, trigger) in triggers {
        statement::run(&format!(
            "alter table {table} enable always trigger {}",
            name::identifier(trigger),
        ));
    }
}

/// Drops a row trigger, and the triggers that belong to it.
fn drop_pair(table: &Relation, name: &str) {
    drop_trigger(table, name);
    let truncate = truncate_name(name);
    for relation in relations_of(table) {
        drop_truncate_trigger(&relation, &truncate);
    }
}

fn has_truncate_trigger(table: &Relation, name: &str) -> bool {
    attachment::triggers_of(table, TRUNCATE_FUNCTION)
        .iter()
        .any(|attached| attached.name == name)
}

fn drop_truncate_trigger(table: &Relation, name: &str) {
    if has_truncate_trigger(table, name) {
        drop_trigger(table, name);
    }
}
