//! `explain_access`: which policies let a user see or write a row, and what is missing where none does.
//!
//! The row is read as the owner of its table reads it. Each condition is then asked about that row alone, as the
//! role of the database and as the user that it is about, so that the policies of other tables that it reads
//! count. Asking as somebody else is a kind of forging, so it takes what could have been had anyway: the table,
//! membership in the role, and a server where settings are believed; else a superuser. A superuser runs code of
//! the table's owner in this way, so that code runs restricted: it leaves nothing behind that would run with the
//! superuser's rights.

use pgrx::pg_sys;

use crate::pg::attachment::open_target;
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::Relation;
use crate::pg::role;
use crate::pg::rows::Rows;
use crate::pg::settings;
use crate::pg::statement;

use self::policy::{Asked, Moment, Policy, policies_of};

mod policy;

/// A command, its letter in `pg_policy`, and the right that it takes.
const COMMANDS: [(&str, &str); 4] = [
    ("select", "r"),
    ("insert", "a"),
    ("update", "w"),
    ("delete", "d"),
];

/// `steward.explain_access(target, key, user_id, user_role, database_role)`.
pub(super) fn explain_access(arguments: &Arguments) -> Rows {
    let target: pg_sys::Oid = arguments.required(0, "target");
    let key = arguments.required_text(1, "key");
    let user: Option<String> = arguments.optional(2);
    let user_role: Option<String> = arguments.optional(3);
    let database_role: Option<String> = arguments.optional(4);
    let table = open_target(target);
    if settings::REQUIRE_SEALED.is_on() && !role::current_is_superuser() {
        Report::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            "only a superuser may ask as somebody else where steward.require_sealed_identity is on",
        )
        .raise()
    }
    let database_role = DatabaseRole::named(&table, database_role);
    let Some(row) = row_of(&table, &key) else {
        return Rows(vec![vec![
            None,
            Some("f".to_owned()),
            None,
            None,
            Some(format!(
                "{} has no row with the key {}",
                table.qualified_name(),
                name::literal(&key)
            )),
        ]]);
    };
    let asked = Asked {
        row,
        user: user.unwrap_or_default(),
        user_role: user_role.unwrap_or_default(),
    };
    let mut rows = Vec::new();
    let mut is_seen = false;
    for (command, letter) in COMMANDS {
        let policies = if database_role.is_bypassing.is_some() || !database_role.may_use_schema {
            Vec::new()
        } else {
            policies_of(&table, letter, &database_role, &asked)
        };
        let (is_allowed, explanation) = verdict(&table, command, &database_role, &policies);
        let (is_allowed, explanation) = match command {
            "update" | "delete" if is_allowed && !is_seen => (
                false,
                "the row cannot be seen: its select is refused (a statement that reads no column of the table \
                 reaches it all the same)"
                    .to_owned(),
            ),
            _ => (is_allowed, explanation),
        };
        is_seen |= command == "select" && is_allowed;
        let flag = |flag: bool| Some(if flag { "t" } else { "f" }.to_owned());
        rows.push(vec![
            Some(command.to_owned()),
            flag(is_allowed),
            None,
            None,
            Some(explanation),
        ]);
        rows.extend(policies.into_iter().map(|policy| {
            vec![
                Some(command.to_owned()),
                flag(is_allowed),
                Some(policy.name.clone()),
                flag(policy.holds()),
                Some(policy.explanation()),
            ]
        }));
    }
    Rows(rows)
}

/// The role of the database that the application connects as.
struct DatabaseRole {
    name: String,
    oid: pg_sys::Oid,
    may_use_schema: bool,
    /// Why no policy applies to it, where none does.
    is_bypassing: Option<String>,
}

impl DatabaseRole {
    /// As named, or the one role that the policies of the table are for.
    fn named(table: &Relation, name: Option<String>) -> Self {
        let name = name.unwrap_or_else(|| {
            let rows = statement::query(&format!(
                "select distinct r.rolname::pg_catalog.text from pg_catalog.pg_policy as p \
                 join pg_catalog.pg_roles as r on r.oid = any (p.polroles) where p.polrelid = {}",
                table.oid().to_u32(),
            ));
            match rows.as_slice() {
                [row] => row.first().cloned().flatten().unwrap_or_default(),
                _ => Report::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    format!(
                        "the policies of {} are not for one role of the database",
                        table.qualified_name()
                    ),
                )
                .hint("Name the role that the application connects as: database_role => '...'.")
                .table(table)
                .raise(),
            }
        });
        let rows = statement::query(&format!(
            "select r.oid::pg_catalog.text, pg_catalog.pg_has_role(r.oid, 'member')::pg_catalog.text, \
                 pg_catalog.has_schema_privilege(r.oid, c.relnamespace, 'usage')::pg_catalog.text, case \
                 when not c.relrowsecurity then 'row level security of the table is off' \
                 when r.rolsuper then 'a superuser is above policies' \
                 when r.rolbypassrls then 'the role has BYPASSRLS' \
                 when pg_catalog.pg_has_role(r.oid, c.relowner, 'usage') and not c.relforcerowsecurity \
                     then 'the role owns the table, whose policies are not forced upon the owner' \
             end from pg_catalog.pg_roles as r, pg_catalog.pg_class as c where r.rolname = {} and c.oid = {}",
            name::literal(&name),
            table.oid().to_u32(),
        ));
        let Some(
            [
                Some(oid),
                Some(is_member),
                Some(may_use_schema),
                is_bypassing,
            ],
        ) = rows.first().map(Vec::as_slice)
        else {
            Report::new(
                SqlState::UNDEFINED_OBJECT,
                format!("role {} does not exist", name::identifier(&name)),
            )
            .raise()
        };
        if is_member != "true" {
            Report::new(
                SqlState::INSUFFICIENT_PRIVILEGE,
                format!("must be a member of role {}", name::identifier(&name)),
            )
            .detail("The conditions are asked with the rights of that role.")
            .hint(format!(
                "grant {} to ...; or ask as a superuser.",
                name::identifier(&name)
            ))
            .raise()
        }
        Self {
            oid: pg_sys::Oid::from(oid.parse::<u32>().unwrap_or_default()),
            may_use_schema: may_use_schema == "true",
            is_bypassing: is_bypassing.clone(),
            name,
        }
    }

    fn has_right(&self, table: &Relation, command: &str) -> bool {
        let any_column = match command {
            "delete" => String::new(),
            _ => format!(
                " or pg_catalog.has_any_column_privilege({0}::pg_catalog.oid, {1}::pg_catalog.oid, '{command}')",
                self.oid.to_u32(),
                table.oid().to_u32(),
            ),
        };
        let rows = statement::query(&format!(
            "select (pg_catalog.has_table_privilege({0}::pg_catalog.oid, {1}::pg_catalog.oid, '{command}'){any_column})::pg_catalog.text",
            self.oid.to_u32(),
            table.oid().to_u32(),
        ));
        rows == [[Some("true".to_owned())]]
    }
}

fn row_of(table: &Relation, key: &str) -> Option<String> {
    let rows = statement::query(&format!(
        "select a.attname::pg_catalog.text, pg_catalog.format_type(a.atttypid, a.atttypmod) \
         from pg_catalog.pg_index as i join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] \
         where i.indrelid = {} and i.indisprimary and i.indnkeyatts = 1",
        table.oid().to_u32(),
    ));
    let Some([Some(column), Some(_)]) = rows.first().map(Vec::as_slice) else {
        Report::new(
            SqlState::UNDEFINED_OBJECT,
            format!(
                "{} has no primary key of one column",
                table.qualified_name()
            ),
        )
        .table(table)
        .raise()
    };
    let attribute = table.attribute(column)?;
    let sql = format!(
        "select (t.*)::pg_catalog.text from {} as t where t.{} = {}::{}",
        table.qualified_name(),
        name::identifier(column),
        name::literal(key),
        attribute.type_name(),
    );
    let rows = owner::run_restricted_as(table.owner(), || statement::query(&sql));
    rows.into_iter().flatten().flatten().next()
}

/// What the command asks of the row: whether it may be looked at as it is, and whether it may be as it is written,
/// which here is the same row.
const fn moments(command: &str) -> &'static [Moment] {
    match command.as_bytes() {
        b"insert" => &[Moment::Written],
        b"update" => &[Moment::Present, Moment::Written],
        _ => &[Moment::Present],
    }
}

fn verdict(
    table: &Relation,
    command: &str,
    role: &DatabaseRole,
    policies: &[Policy],
) -> (bool, String) {
    let (table_name, role_name) = (table.qualified_name(), name::identifier(&role.name));
    if !role.may_use_schema {
        let schema = name::identifier(&table.schema());
        return (
            false,
            format!(
                "the role may not use the schema: grant usage on schema {schema} to {role_name};"
            ),
        );
    }
    if !role.has_right(table, command) {
        return (
            false,
            format!("the role has no right to: grant {command} on {table_name} to {role_name};"),
        );
    }
    if let Some(why) = &role.is_bypassing {
        return (true, why.clone());
    }
    let names = |policies: &[&Policy]| {
        let names: Vec<_> = policies.iter().map(|policy| policy.name.as_str()).collect();
        names.join(", ")
    };
    let (permissive, restrictive): (Vec<_>, Vec<_>) =
        policies.iter().partition(|policy| policy.is_permissive);
    if permissive.is_empty() {
        return (
            false,
            format!("no policy for {command} is for role {role_name}"),
        );
    }
    // At each moment any of the permissive ones will do, not the same one at both.
    for moment in moments(command) {
        if !permissive.iter().any(|policy| policy.holds_at(*moment)) {
            let problem = match (command, moment) {
                ("update", Moment::Written) => "no policy lets the row be written",
                _ => "no policy lets the row through",
            };
            return (false, format!("{problem}: {}", names(&permissive)));
        }
    }
    let refusing: Vec<_> = restrictive
        .into_iter()
        .filter(|policy| !policy.holds())
        .collect();
    if !refusing.is_empty() {
        return (
            false,
            format!("restrictive policies do not hold: {}", names(&refusing)),
        );
    }
    let letting: Vec<_> = permissive
        .into_iter()
        .filter(|policy| {
            moments(command)
                .iter()
                .any(|moment| policy.holds_at(*moment))
        })
        .collect();
    (true, format!("let through by: {}", names(&letting)))
}
