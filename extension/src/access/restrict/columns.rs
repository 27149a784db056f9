//! The columns that policies compare: of which types they can be, and which refer to which.

use pgrx::pg_sys;

use crate::pg::attachment::required_column;
use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::{Attribute, Relation};
use crate::pg::statement;

/// What a user, or the thing that one is a member of, is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    Uuid,
    Number,
    Text,
}

impl KeyKind {
    pub(super) fn of(table: &Relation, column: &Attribute) -> Self {
        match column.base_type() {
            pg_sys::UUIDOID => Self::Uuid,
            pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID => Self::Number,
            pg_sys::TEXTOID | pg_sys::VARCHAROID => Self::Text,
            _ => Report::new(
                SqlState::WRONG_OBJECT_TYPE,
                format!(
                    "column {} of table {} is of type {}",
                    name::identifier(&column.name),
                    table.qualified_name(),
                    column.type_name(),
                ),
            )
            .detail("A user, or what one is a member of, is known by a uuid, an integer, a bigint or a text.")
            .table(table)
            .column(&column.name)
            .raise(),
        }
    }

    /// The current user, asked once a statement.
    pub(super) const fn current_user(self) -> &'static str {
        match self {
            Self::Uuid => "(select steward.current_user_uuid())",
            Self::Number => "(select steward.current_user_bigint())",
            Self::Text => "(select steward.current_user_id())",
        }
    }

    /// The type without what a column adds to it.
    pub(super) fn type_name(column: &Attribute) -> &'static str {
        match column.base_type() {
            pg_sys::UUIDOID => "pg_catalog.uuid",
            pg_sys::INT2OID => "pg_catalog.int2",
            pg_sys::INT4OID => "pg_catalog.int4",
            pg_sys::INT8OID => "pg_catalog.int8",
            _ => "pg_catalog.text",
        }
    }
}

/// A foreign key of one column.
pub(super) struct Reference {
    pub(super) column: String,
    pub(super) referenced: pg_sys::Oid,
    pub(super) referenced_column: String,
}

/// The foreign keys of `table` that have one column.
pub(super) fn references(table: &Relation) -> Vec<Reference> {
    let rows = statement::query(&format!(
        "select distinct a.attname::pg_catalog.text, c.confrelid::pg_catalog.oid, r.attname::pg_catalog.text \
         from pg_catalog.pg_constraint as c \
         join pg_catalog.pg_attribute as a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] \
         join pg_catalog.pg_attribute as r on r.attrelid = c.confrelid and r.attnum = c.confkey[1] \
         where c.conrelid = {} and c.contype = 'f' and pg_catalog.cardinality(c.conkey) = 1 order by 1, 2, 3",
        table.oid().to_u32(),
    ));
    rows.into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            Some(Reference {
                column: row.next()??,
                referenced: pg_sys::Oid::from(row.next()??.parse::<u32>().ok()?),
                referenced_column: row.next()??,
            })
        })
        .collect()
}

/// The one column of `table` that refers to `other`, and what it refers to.
pub(super) fn reference_to(table: &Relation, other: &Relation) -> Option<Reference> {
    let mut found = references(table)
        .into_iter()
        .filter(|reference| reference.referenced == other.oid());
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// A column of `table` for a role in the application, compared as text.
pub(super) fn as_text(table: &Relation, column: &str) -> String {
    let column = required_column(table, column);
    let quoted = name::identifier(&column.name);
    match column.base_type() {
        pg_sys::TEXTOID | pg_sys::VARCHAROID => quoted,
        _ => format!("{quoted}::pg_catalog.text"),
    }
}

/// True where an index begins with the column.
pub(super) fn is_indexed(table: &Relation, column: &str) -> bool {
    let rows = statement::query(&format!(
        "select from pg_catalog.pg_index as i join pg_catalog.pg_attribute as a \
             on a.attrelid = i.indrelid and a.attnum = i.indkey[0] \
         where i.indrelid = {} and i.indisvalid and i.indpred is null and a.attname = {}",
        table.oid().to_u32(),
        name::literal(column),
    ));
    !rows.is_empty()
}

/// What to say of a column that a policy searches by without an index.
pub(super) fn missing_index(table: &Relation, column: &str) -> Report {
    let (table_name, quoted) = (table.qualified_name(), name::identifier(column));
    Report::new(
        SqlState::WARNING,
        format!("no index of {table_name} begins with {quoted}, by which its policies search"),
    )
    .hint(format!("create index on {table_name} ({quoted});"))
    .table(table)
    .column(column)
}
