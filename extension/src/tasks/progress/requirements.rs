//! What tasks and parents need before progress can be rolled up. Whatever is missing is refused with what to do
//! about it.

use pgrx::pg_sys;

use crate::pg::attachment::{self, column_of_argument};
use crate::pg::error::{Report, SqlState};
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::owner;
use crate::pg::relation::{Attribute, Lock, Relation};
use crate::pg::requirements::{check_owner_of_written, refuse_column};
use crate::pg::statement;

use super::super::statuses;
use super::choice::Choice;

/// What a foreign key of the tasks refers to.
pub(super) struct Reference {
    table: pg_sys::Oid,
    column: String,
}

/// The foreign key that consists of that column.
pub(super) fn reference(table: &Relation, parent: &Attribute) -> Option<Reference> {
    let rows = statement::query(&format!(
        "select c.confrelid, a.attname from pg_catalog.pg_constraint as c \
         join pg_catalog.pg_attribute as a on a.attrelid = c.confrelid and a.attnum = c.confkey[1] \
         where c.contype = 'f' and c.conrelid = {} and c.conkey = array[{}]::pg_catalog.int2[] and c.conparentid = 0 \
         order by c.conname limit 1",
        table.oid().to_u32(),
        parent.number,
    ));
    let mut row = rows.into_iter().next()?.into_iter();
    Some(Reference {
        table: row.next()??.parse::<u32>().ok()?.into(),
        column: row.next()??,
    })
}

/// The table of parents: the one that was named, else the one that the foreign key refers to.
pub(super) fn destination(
    table: &Relation,
    parent: &str,
    named: Option<pg_sys::Oid>,
    reference: Option<&Reference>,
) -> Relation {
    let Some(oid) = named.or_else(|| reference.map(|reference| reference.table)) else {
        Report::new(
            SqlState::UNDEFINED_OBJECT,
            format!(
                "no foreign key says what column {} of table {} refers to",
                name::identifier(parent),
                table.qualified_name(),
            ),
        )
        .hint("Name the table of parents with destination => '...'.")
        .table(table)
        .column(parent)
        .raise()
    };
    let destination = Relation::open(oid, Lock::AccessShare);
    if !destination.is_table() {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!("{} is not a table", destination.qualified_name()),
        )
        .table(&destination)
        .raise()
    }
    destination
}

/// The column of the parents that tasks refer to: the one that a foreign key does, else the primary key.
pub(super) fn key_of(destination: &Relation, reference: Option<&Reference>) -> Option<String> {
    if let Some(reference) = reference
        && reference.table == destination.oid()
    {
        return Some(reference.column.clone());
    }
    let rows = statement::query(&format!(
        "select a.attname from pg_catalog.pg_index as i \
         join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] \
         where i.indrelid = {} and i.indisprimary and i.indnkeyatts = 1",
        destination.oid().to_u32(),
    ));
    rows.into_iter().next()?.pop()?
}

pub(super) fn refuse_without_key(destination: &Relation) -> ! {
    Report::new(
        SqlState::UNDEFINED_OBJECT,
        format!(
            "table {} has no primary key of one column",
            destination.qualified_name()
        ),
    )
    .hint("Name the column that tasks refer to with key => '...'.")
    .table(destination)
    .raise()
}

/// Refuses what cannot be rolled up.
pub(super) fn check(table: &Relation, destination: &Relation, choice: &Choice) {
    let parent = column_of_argument(table, &choice.parent, "parent");
    let status = column_of_argument(table, &choice.status, "status");
    let key = column_of_argument(destination, &choice.key, "key");
    let progress = column_of_argument(destination, &choice.progress, "progress");
    check_owner_of_written(table, destination);
    check_persistence(table, destination);
    attachment::check_no_inheritance_children(table);
    attachment::check_no_inheritance_children(destination);
    check_keys(table, &parent, destination, &key);
    statuses::check(table, &status, &choice.ends);
    check_progress(destination, &progress);
    check_empty(destination, &progress, &choice.empty);
    if let Some(weight) = &choice.weight {
        check_weight(table, &column_of_argument(table, weight, "weight"));
    }
    if progress.number == key.number {
        refuse_column(
            destination,
            &progress,
            "is the key of the parents, and cannot be their progress too",
            "Name another one with progress => '...'.",
        );
    }
}

fn check_persistence(table: &Relation, destination: &Relation) {
    if destination.is_temporary() && !table.is_temporary() {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!(
                "temporary table {} cannot have the progress of {}, which is not temporary",
                destination.qualified_name(),
                table.qualified_name(),
            ),
        )
        .hint("Other sessions could not write it: name an ordinary table.")
        .table(destination)
        .raise()
    }
}

/// The type of the keys in a column.
pub(super) fn key_type(table: &Relation, column: &Attribute) -> KeyType {
    match KeyType::of(column) {
        Some(KeyType::Enum(_)) | None => refuse_column(
            table,
            column,
            "cannot be a key",
            "It has to be of type uuid, integer, bigint or text, with an equality that is that of its bytes: not citext, not a nondeterministic collation.",
        ),
        Some(key_type) => key_type,
    }
}

fn check_keys(table: &Relation, parent: &Attribute, destination: &Relation, key: &Attribute) {
    let family = |key_type| match key_type {
        KeyType::Int4 => KeyType::Int8,
        other => other,
    };
    if family(key_type(table, parent)) != family(key_type(destination, key)) {
        refuse_column(
            table,
            parent,
            &format!(
                "has another type than column {} of table {}",
                name::identifier(&key.name),
                destination.qualified_name(),
            ),
            "Give both the type of the key.",
        )
    }
    let unique = statement::query(&format!(
        "select from pg_catalog.pg_index where indrelid = {} and indkey[0] = {} and indnkeyatts = 1 \
         and indisunique and indisvalid and indpred is null",
        destination.oid().to_u32(),
        key.number,
    ));
    if unique.is_empty() {
        let column = name::identifier(&key.name);
        Report::new(
            SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!(
                "table {} has no unique index on column {column}",
                destination.qualified_name()
            ),
        )
        .detail("Each task belongs to one parent, whose row is found by its key.")
        .hint(format!(
            "create unique index on {} ({column});",
            destination.qualified_name()
        ))
        .table(destination)
        .column(&key.name)
        .raise()
    }
}

/// A percentage has to find room in the column.
fn check_progress(destination: &Relation, progress: &Attribute) {
    if progress.generated {
        refuse_column(
            destination,
            progress,
            "is generated",
            "Name another one with progress => '...'.",
        );
    }
    let is_number = matches!(
        progress.base_type(),
        pg_sys::INT2OID
            | pg_sys::INT4OID
            | pg_sys::INT8OID
            | pg_sys::FLOAT4OID
            | pg_sys::FLOAT8OID
            | pg_sys::NUMERICOID
    );
    if !is_number {
        refuse_column(
            destination,
            progress,
            "is not a number",
            "Name another one with progress => '...'.",
        );
    }
    if progress
        .digits_before_the_point()
        .is_some_and(|digits| digits < 3)
    {
        refuse_column(
            destination,
            progress,
            "has no room for 100",
            &format!(
                "alter table {} alter column {} type numeric(5, 2);",
                destination.qualified_name(),
                name::identifier(&progress.name),
            ),
        );
    }
}

/// The number is read as the column's type, which refuses it where it does not fit.
fn check_empty(destination: &Relation, progress: &Attribute, empty: &str) {
    if matches!(empty, "NaN" | "Infinity" | "-Infinity") {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "argument \"empty\" must be a number",
        )
        .table(destination)
        .raise()
    }
    let read = format!(
        "select {}::pg_catalog.numeric::{}",
        name::literal(empty),
        progress.type_name(),
    );
    // A domain has checks of its owner's.
    owner::run_restricted_as(destination.owner(), || statement::run(&read));
}

fn check_weight(table: &Relation, weight: &Attribute) {
    let is_exact = matches!(
        weight.base_type(),
        pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID | pg_sys::NUMERICOID
    );
    if !is_exact {
        refuse_column(
            table,
            weight,
            "cannot be a weight",
            "Weights are added up and taken back, so they have to be exact: an integer or numeric.",
        );
    }
}
