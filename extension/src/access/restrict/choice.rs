//! What the caller of `restrict` chose.

use std::fmt::Write as _;

use pgrx::pg_sys;

use crate::pg::attachment;
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};

use super::COMMANDS;

/// A command that a policy can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Select,
    Insert,
    Update,
    Delete,
}

impl Command {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// Whether the rows that are there are looked at.
    pub(super) const fn has_using(self) -> bool {
        !matches!(self, Self::Insert)
    }

    /// Whether the rows that come of it are looked at.
    pub(super) const fn has_check(self) -> bool {
        matches!(self, Self::Insert | Self::Update)
    }
}

/// A membership table, as it was named.
pub(super) struct Members {
    pub(super) table: pg_sys::Oid,
    pub(super) member_of: Option<String>,
    pub(super) key: Option<String>,
    pub(super) user: String,
    pub(super) role: Option<String>,
    /// The roles that may read, write and delete; none for every member.
    pub(super) readers: Option<Vec<String>>,
    pub(super) writers: Option<Vec<String>>,
    pub(super) managers: Option<Vec<String>>,
}

impl Members {
    /// The roles that may do it. Who may less is not asked for more: writers are readers where nothing else is
    /// said, and managers writers.
    pub(super) fn roles(&self, command: Command) -> Option<&[String]> {
        let roles = match command {
            Command::Select => self.readers.as_ref(),
            Command::Insert | Command::Update => self.writers.as_ref().or(self.readers.as_ref()),
            Command::Delete => self
                .managers
                .as_ref()
                .or(self.writers.as_ref())
                .or(self.readers.as_ref()),
        };
        roles.map(Vec::as_slice)
    }
}

/// All of it.
pub(super) struct Choice {
    pub(super) owner: Option<String>,
    pub(super) members: Option<Members>,
    pub(super) assigned_role: Option<String>,
    pub(super) user_roles: Option<Vec<String>>,
    pub(super) parent: Option<pg_sys::Oid>,
    pub(super) parent_column: Option<String>,
    pub(super) commands: Vec<Command>,
    pub(super) database_roles: Vec<String>,
    pub(super) restrictive: bool,
    pub(super) force: bool,
    pub(super) name: String,
}

impl Choice {
    pub(super) fn read(arguments: &Arguments) -> Self {
        let name: String = arguments.required(18, "name");
        let choice = Self {
            owner: arguments.optional(1),
            members: members(arguments),
            assigned_role: arguments.optional(10),
            user_roles: texts(arguments, 11, "user_roles"),
            parent: arguments.optional(12),
            parent_column: arguments.optional(13),
            commands: commands(arguments),
            database_roles: texts(arguments, 15, "database_roles")
                .unwrap_or_else(|| vec!["public".to_owned()]),
            restrictive: arguments.required(16, "restrictive"),
            force: arguments.required(17, "force"),
            name: attachment::trigger_name(&name),
        };
        choice.check();
        choice
    }

    fn check(&self) {
        if self.name.is_empty() {
            wrong(
                "argument \"name\" must not be empty",
                "It begins the names of the policies.",
            )
        }
        if self.parent_column.is_some() && self.parent.is_none() {
            wrong(
                "argument \"parent_column\" needs the argument \"parent\"",
                "Name the table that the column refers to: parent => '...'.",
            )
        }
        let says_nothing = self.owner.is_none()
            && self.members.is_none()
            && self.assigned_role.is_none()
            && self.user_roles.is_none()
            && self.parent.is_none();
        if says_nothing {
            wrong(
                "nothing says who may see and write the rows",
                "Give one of owner, members, assigned_role, user_roles and parent.",
            )
        }
    }

    /// The call that says the same about `table`, in full.
    pub(super) fn call(&self, table: &Relation) -> String {
        let mut call = format!(
            "select steward.restrict({}",
            name::literal(&table.qualified_name())
        );
        let text = |call: &mut String, argument: &str, value: Option<&String>| {
            if let Some(value) = value {
                let _ = write!(call, ", {argument} => {}", name::literal(value));
            }
        };
        let list = |call: &mut String, argument: &str, values: Option<&Vec<String>>| {
            if let Some(values) = values {
                let _ = write!(call, ", {argument} => {}", array(values));
            }
        };
        let relation = |oid: pg_sys::Oid| Relation::open(oid, Lock::AccessShare).qualified_name();
        text(&mut call, "owner", self.owner.as_ref());
        if let Some(members) = &self.members {
            text(&mut call, "members", Some(&relation(members.table)));
            text(&mut call, "member_of", members.member_of.as_ref());
            text(&mut call, "member_key", members.key.as_ref());
            text(&mut call, "member_user", Some(&members.user));
            text(&mut call, "member_role", members.role.as_ref());
            list(&mut call, "readers", members.readers.as_ref());
            list(&mut call, "writers", members.writers.as_ref());
            list(&mut call, "managers", members.managers.as_ref());
        }
        text(&mut call, "assigned_role", self.assigned_role.as_ref());
        list(&mut call, "user_roles", self.user_roles.as_ref());
        text(&mut call, "parent", self.parent.map(relation).as_ref());
        text(&mut call, "parent_column", self.parent_column.as_ref());
        if self.commands != COMMANDS {
            let commands: Vec<_> = self
                .commands
                .iter()
                .map(|command| command.name().to_owned())
                .collect();
            list(&mut call, "commands", Some(&commands));
        }
        list(&mut call, "database_roles", Some(&self.database_roles));
        if self.restrictive {
            call += ", restrictive => true";
        }
        if self.force {
            call += ", force => true";
        }
        text(&mut call, "name", Some(&self.name));
        call + ");"
    }
}

/// Texts as an array in SQL.
pub(super) fn array(values: &[String]) -> String {
    let values: Vec<_> = values.iter().map(|value| name::literal(value)).collect();
    format!("array[{}]::pg_catalog.text[]", values.join(", "))
}

fn members(arguments: &Arguments) -> Option<Members> {
    let roles = |position, argument: &str| texts(arguments, position, argument);
    let members = Members {
        table: arguments.optional(2).unwrap_or(pg_sys::InvalidOid),
        member_of: arguments.optional(3),
        key: arguments.optional(4),
        user: arguments.required(5, "member_user"),
        role: arguments.optional(6),
        readers: roles(7, "readers"),
        writers: roles(8, "writers"),
        managers: roles(9, "managers"),
    };
    let names_roles =
        members.readers.is_some() || members.writers.is_some() || members.managers.is_some();
    if members.table == pg_sys::InvalidOid {
        let names_more = names_roles
            || members.member_of.is_some()
            || members.key.is_some()
            || members.role.is_some();
        if names_more {
            wrong(
                "member_of, member_key, member_role, readers, writers and managers need the argument \"members\"",
                "Name the table with the members: members => '...'.",
            )
        }
        return None;
    }
    if names_roles && members.role.is_none() {
        wrong(
            "readers, writers and managers need the argument \"member_role\"",
            "Name the column of the membership table that holds a member's role: member_role => '...'.",
        )
    }
    Some(members)
}

fn commands(arguments: &Arguments) -> Vec<Command> {
    let Some(named) = texts(arguments, 14, "commands") else {
        return COMMANDS.to_vec();
    };
    for name in &named {
        if !COMMANDS.iter().any(|command| command.name() == name) {
            wrong(
                &format!("there is no command {}", name::literal(name)),
                "The commands are select, insert, update and delete.",
            )
        }
    }
    COMMANDS
        .into_iter()
        .filter(|command| named.iter().any(|name| name == command.name()))
        .collect()
}

fn texts(arguments: &Arguments, position: usize, argument: &str) -> Option<Vec<String>> {
    let values: Vec<Option<String>> = arguments.optional(position)?;
    let values: Option<Vec<String>> = values.into_iter().collect();
    match values {
        Some(values) if !values.is_empty() => Some(values),
        _ => wrong(
            &format!("argument \"{argument}\" must not be empty or hold NULL"),
            "Leave it out where it does not matter.",
        ),
    }
}

fn wrong(message: &str, hint: &str) -> ! {
    Report::new(SqlState::INVALID_PARAMETER_VALUE, message)
        .hint(hint)
        .raise()
}
