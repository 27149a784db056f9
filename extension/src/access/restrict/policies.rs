//! The policies themselves: written, found again by their comments, and dropped.

use std::fmt::Write as _;

use crate::pg::attachment::with_suffix;
use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::Relation;
use crate::pg::statement;

use super::choice::Choice;
use super::condition::Conditions;
use super::membership::grantee;

/// How the comments of our policies begin.
const MARK: &str = "Written by steward.restrict";

/// A policy that is to be there.
pub(super) struct Policy {
    name: String,
    /// The statement that creates it.
    statement: String,
    /// What its comment says before its fingerprint.
    comment: String,
}

/// The policies that the choice means: one for all commands where these have the same condition.
pub(super) fn wanted(table: &Relation, choice: &Choice, conditions: &Conditions) -> Vec<Policy> {
    let of_commands: Vec<_> = choice
        .commands
        .iter()
        .map(|command| (*command, conditions.of_command(choice, *command)))
        .collect();
    let is_for_all = choice.commands == super::COMMANDS
        && of_commands
            .iter()
            .all(|(_, condition)| *condition == of_commands[0].1);
    if is_for_all {
        let condition = &of_commands[0].1;
        return vec![policy(
            table,
            choice,
            choice.name.clone(),
            "all",
            true,
            false,
            condition,
        )];
    }
    of_commands
        .iter()
        .map(|(command, condition)| {
            let name = with_suffix(&choice.name, &format!("_{}", command.name()));
            policy(
                table,
                choice,
                name,
                command.name(),
                command.has_using(),
                command.has_check(),
                condition,
            )
        })
        .collect()
}

fn policy(
    table: &Relation,
    choice: &Choice,
    name: String,
    command: &str,
    using: bool,
    check: bool,
    condition: &str,
) -> Policy {
    let roles: Vec<_> = choice
        .database_roles
        .iter()
        .map(|role| grantee(role))
        .collect();
    let kind = if choice.restrictive {
        "restrictive"
    } else {
        "permissive"
    };
    let mut statement = format!(
        "create policy {} on {} as {kind} for {command} to {}",
        name::identifier(&name),
        table.qualified_name(),
        roles.join(", "),
    );
    if using {
        let _ = write!(statement, " using ({condition})");
    }
    if check {
        let _ = write!(statement, " with check ({condition})");
    }
    let comment = format!(
        "{MARK} under the name {}: {}\nsteward: {:016x}",
        name::identifier(&choice.name),
        choice.call(table),
        steward_rules::hash::hash(&statement),
    );
    Policy {
        name,
        statement,
        comment,
    }
}

/// What PostgreSQL has of each policy of ours under that name: its name, its comment, and its fingerprint as it
/// is now.
fn written(table: &Relation, group: Option<&str>) -> Vec<(String, String, String)> {
    let beginning = match group {
        Some(group) => format!("{MARK} under the name {}: ", name::identifier(group)),
        None => MARK.to_owned(),
    };
    let rows = statement::query(&format!(
        "select p.polname::pg_catalog.text, d.description, pg_catalog.md5(pg_catalog.concat_ws(' ', p.polcmd, p.polpermissive, \
             p.polroles, p.polqual is null, pg_catalog.pg_get_expr(p.polqual, p.polrelid), \
             pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))) \
         from pg_catalog.pg_policy as p join pg_catalog.pg_description as d \
             on d.classoid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objoid = p.oid \
         where p.polrelid = {} and pg_catalog.starts_with(d.description, {}) order by 1",
        table.oid().to_u32(),
        name::literal(&beginning),
    ));
    rows.into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            Some((row.next()??, row.next()??, row.next()??))
        })
        .collect()
}

/// True where these policies are there, and none that was written under that name before, and nobody has
/// changed them.
pub(super) fn are_there(table: &Relation, group: &str, policies: &[Policy]) -> bool {
    let present = written(table, Some(group));
    present.len() == policies.len()
        && policies.iter().all(|policy| {
            present.iter().any(|(name, comment, fingerprint)| {
                *name == policy.name && *comment == format!("{} {fingerprint}", policy.comment)
            })
        })
}

/// Writes the policies in place of those that were written under that name before.
pub(super) fn replace(table: &Relation, group: &str, policies: &[Policy]) {
    drop_written(table, Some(group));
    for policy in policies {
        check_name_is_free(table, policy);
        statement::run(&policy.statement);
        comment(table, policy, &policy.comment);
    }
    for (name, text, fingerprint) in written(table, Some(group)) {
        if let Some(policy) = policies.iter().find(|policy| policy.name == name) {
            comment(table, policy, &format!("{text} {fingerprint}"));
        }
    }
}

fn comment(table: &Relation, policy: &Policy, text: &str) {
    statement::run(&format!(
        "comment on policy {} on {} is {}",
        name::identifier(&policy.name),
        table.qualified_name(),
        name::literal(text),
    ));
}

fn check_name_is_free(table: &Relation, policy: &Policy) {
    let rows = statement::query(&format!(
        "select from pg_catalog.pg_policy where polrelid = {} and polname = {}",
        table.oid().to_u32(),
        name::literal(&policy.name),
    ));
    if rows.is_empty() {
        return;
    }
    Report::new(
        SqlState::DUPLICATE_OBJECT,
        format!(
            "policy {} of table {} was not written by restrict",
            name::identifier(&policy.name),
            table.qualified_name(),
        ),
    )
    .hint("Drop it, or give another name: name => '...'.")
    .table(table)
    .raise()
}

/// Drops the policies that restrict has written, under that name or any.
pub(super) fn drop_written(table: &Relation, group: Option<&str>) -> i32 {
    let present = written(table, group);
    for (name, _, _) in &present {
        statement::run(&format!(
            "drop policy {} on {}",
            name::identifier(name),
            table.qualified_name(),
        ));
    }
    i32::try_from(present.len()).unwrap_or(i32::MAX)
}

/// True where the table has a policy.
pub(super) fn has_any(table: &Relation) -> bool {
    let rows = statement::query(&format!(
        "select from pg_catalog.pg_policy where polrelid = {} limit 1",
        table.oid().to_u32(),
    ));
    !rows.is_empty()
}
