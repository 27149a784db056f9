//! The columns of a user's own table that take a record: each is known by its name.

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::{Attribute, Relation, TypeCategory};
use crate::pg::statement;

use super::own_table::Key;

/// What a column takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    UserId,
    Action,
    Entity,
    EntityKey,
    Changes,
    CreatedAt,
    Transaction,
    TransactionAt,
    TableOid,
    SchemaName,
    Key,
    Before,
    After,
    Actor,
    ActorSource,
    SessionUser,
    Invoker,
    ApplicationName,
}

/// The names by which columns are known.
const NAMES: [(&str, Role); 20] = [
    ("user_id", Role::UserId),
    ("action", Role::Action),
    ("entity_type", Role::Entity),
    ("table_name", Role::Entity),
    ("entity_id", Role::EntityKey),
    ("changes", Role::Changes),
    ("created_at", Role::CreatedAt),
    ("logged_at", Role::CreatedAt),
    ("transaction", Role::Transaction),
    ("transaction_at", Role::TransactionAt),
    ("table_oid", Role::TableOid),
    ("schema_name", Role::SchemaName),
    ("key", Role::Key),
    ("before", Role::Before),
    ("after", Role::After),
    ("actor", Role::Actor),
    ("actor_source", Role::ActorSource),
    ("session_role", Role::SessionUser),
    ("invoking_role", Role::Invoker),
    ("application_name", Role::ApplicationName),
];

impl Role {
    fn of(column: &Attribute) -> Option<Self> {
        let known = NAMES.iter().find(|(name, _)| *name == column.name)?;
        (!column.generated).then_some(known.1)
    }

    /// The type of what is written, before it becomes the column's.
    pub(super) const fn type_oid(self) -> pg_sys::Oid {
        match self {
            Self::Changes | Self::Key | Self::Before | Self::After => pg_sys::JSONBOID,
            Self::CreatedAt | Self::TransactionAt => pg_sys::TIMESTAMPTZOID,
            _ => pg_sys::TEXTOID,
        }
    }
}

/// The columns of `table` that take something.
pub(super) fn columns_of(table: &Relation) -> Vec<(Attribute, Role)> {
    table
        .attributes()
        .filter_map(|column| Role::of(&column).map(|role| (column, role)))
        .collect()
}

/// Refuses a table that cannot hold what happens to rows with that key.
pub(super) fn check(table: &Relation, columns: &[(Attribute, Role)], key: Key) {
    let has = |wanted: Role| columns.iter().any(|(_, role)| *role == wanted);
    if !has(Role::Action) || !(has(Role::Changes) || has(Role::Before) && has(Role::After)) {
        refuse(
            table,
            None,
            "has no columns for what was done",
            "It needs the columns action and changes (jsonb); user_id, entity_type, entity_id and created_at are \
             filled where they are there. Or audit into a log: select steward.create_audit_log('audit.log');",
        );
    }
    for (column, role) in columns {
        if !holds(column, *role) {
            refuse_type(table, column);
        }
        match role {
            Role::EntityKey => check_entity(table, column, key),
            Role::UserId | Role::Key | Role::Before | Role::After if column.not_null => {
                refuse_not_null(table, column);
            }
            _ => (),
        }
    }
    check_other_columns(table, columns);
}

/// True where the column's type reads whatever it can be given.
fn holds(column: &Attribute, role: Role) -> bool {
    let base = column.base_type();
    if column.category() == TypeCategory::Text {
        return true;
    }
    match role {
        // It has a check of its own.
        Role::EntityKey => true,
        Role::Action => column.category() == TypeCategory::Enum && has_all_actions(base),
        Role::Changes | Role::Key | Role::Before | Role::After => {
            matches!(base, pg_sys::JSONBOID | pg_sys::JSONOID)
        }
        Role::CreatedAt | Role::TransactionAt => matches!(
            base,
            pg_sys::TIMESTAMPTZOID | pg_sys::TIMESTAMPOID | pg_sys::DATEOID
        ),
        Role::UserId => matches!(
            base,
            pg_sys::UUIDOID | pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID
        ),
        Role::Transaction => matches!(base, pg_sys::XID8OID | pg_sys::INT8OID | pg_sys::NUMERICOID),
        Role::TableOid => matches!(base, pg_sys::OIDOID | pg_sys::REGCLASSOID | pg_sys::INT8OID),
        _ => false,
    }
}

fn has_all_actions(enumeration: pg_sys::Oid) -> bool {
    let missing = statement::query(&format!(
        "select action from pg_catalog.unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) as action \
         where action not in (select enumlabel::pg_catalog.text from pg_catalog.pg_enum where enumtypid = {})",
        enumeration.to_u32(),
    ));
    missing.is_empty()
}

fn refuse_type(table: &Relation, column: &Attribute) -> ! {
    let name = name::identifier(&column.name);
    refuse(
        table,
        Some(column),
        &format!("has a column {name} of a type that does not take what belongs into it"),
        format!(
            "alter table {} alter column {name} type ...; -- text takes everything, jsonb what changed; an enum for \
             action needs INSERT, UPDATE, DELETE and TRUNCATE",
            table.qualified_name()
        ),
    )
}

fn check_entity(table: &Relation, column: &Attribute, key: Key) {
    let width = |type_oid| match type_oid {
        pg_sys::INT2OID => 2,
        pg_sys::INT4OID => 4,
        pg_sys::INT8OID => 8,
        _ => 0,
    };
    let base = column.base_type();
    let single = match key {
        Key::None => None,
        Key::One(type_oid) => Some(type_oid),
        Key::Several => Some(pg_sys::JSONBOID),
    };
    let fits = match (base, single) {
        (_, None)
        | (
            pg_sys::TEXTOID
            | pg_sys::VARCHAROID
            | pg_sys::BPCHAROID
            | pg_sys::JSONBOID
            | pg_sys::JSONOID,
            _,
        ) => true,
        (pg_sys::UUIDOID, Some(key)) => {
            matches!(key, pg_sys::UUIDOID | pg_sys::TEXTOID | pg_sys::VARCHAROID)
        }
        (base, Some(key)) => width(key) > 0 && width(base) >= width(key),
    };
    if !fits {
        refuse(
            table,
            Some(column),
            &format!(
                "cannot hold the key of the audited table in column {}",
                name::identifier(&column.name)
            ),
            format!(
                "alter table {} alter column {} type text; -- or the type of the key",
                table.qualified_name(),
                name::identifier(&column.name),
            ),
        );
    }
}

/// A column that nothing fills must not need something.
fn check_other_columns(table: &Relation, columns: &[(Attribute, Role)]) {
    let filled = |column: &Attribute| {
        columns
            .iter()
            .any(|(known, _)| known.number == column.number)
    };
    let needy = table.attributes().find(|column| {
        column.not_null && !column.generated && !filled(column) && !has_default(table, column)
    });
    if let Some(column) = needy {
        refuse(
            table,
            Some(&column),
            &format!(
                "has a column {} that nothing fills",
                name::identifier(&column.name)
            ),
            format!(
                "alter table {0} alter column {1} set default ...; or: alter table {0} alter column {1} drop not null;",
                table.qualified_name(),
                name::identifier(&column.name),
            ),
        );
    }
}

/// A change may have no user, and an INSERT nothing before.
fn refuse_not_null(table: &Relation, column: &Attribute) -> ! {
    let name = name::identifier(&column.name);
    refuse(
        table,
        Some(column),
        &format!("has a column {name} that takes no NULL"),
        format!(
            "alter table {} alter column {name} drop not null;",
            table.qualified_name()
        ),
    )
}

fn has_default(table: &Relation, column: &Attribute) -> bool {
    !statement::query(&format!(
        "select from pg_catalog.pg_attribute where attrelid = {} and attnum = {} \
         and (atthasdef or attidentity <> '')",
        table.oid().to_u32(),
        column.number,
    ))
    .is_empty()
}

fn refuse(table: &Relation, column: Option<&Attribute>, what: &str, hint: impl Into<String>) -> ! {
    let mut report = Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!("table {} {what}", table.qualified_name()),
    )
    .detail("It is the table that changes are to be recorded in.")
    .hint(hint)
    .table(table);
    if let Some(column) = column {
        report = report.column(&column.name);
    }
    report.raise()
}
