//! What a table needs before its dependencies can be guarded: columns of fitting types, and an index for
//! each end of an edge. Whatever is missing is refused with what to do about it.

use crate::pg::attachment;
use crate::pg::edges::Choice;
use crate::pg::error::{Report, SqlState};
use crate::pg::key::KeyType;
use crate::pg::name;
use crate::pg::relation::{Attribute, Relation};
use crate::pg::scan::LookUp;

/// Refuses what cannot be guarded.
pub(super) fn check(edges: &Relation, choice: &Choice) {
    let (task, depends_on) = ends(edges, choice);
    if task.number == depends_on.number {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            "arguments \"task\" and \"depends_on\" name the same column",
        )
        .table(edges)
        .column(&task.name)
        .raise()
    }
    let key_type = key_type_of(edges, &task);
    if key_type_of(edges, &depends_on) != key_type {
        Report::new(
            SqlState::WRONG_OBJECT_TYPE,
            format!(
                "columns {} and {} of table {} have different types",
                name::identifier(&task.name),
                name::identifier(&depends_on.name),
                edges.qualified_name(),
            ),
        )
        .hint("Both hold keys of the same table: give them its key's type.")
        .table(edges)
        .raise()
    }
    check_kinds(edges, choice);
    if let Some(scope) = &choice.scope {
        let scope = option_column(edges, "scope", scope);
        if KeyType::of(&scope).is_none() {
            wrong_key_type(edges, &scope, "a scope");
        }
    }
    attachment::check_no_inheritance_children(edges);
    check_indexes(edges, &[task, depends_on], key_type);
}

/// The columns of both ends of an edge, or 42703 with the arguments that name them.
fn ends(edges: &Relation, choice: &Choice) -> (Attribute, Attribute) {
    let ends = [("task", &choice.task), ("depends_on", &choice.depends_on)];
    let found = ends.map(|(_, column)| edges.attribute(column));
    let present = match found {
        [Some(task), Some(depends_on)] => return (task, depends_on),
        [Some(present), None] | [None, Some(present)] => Some(present),
        [None, None] => None,
    };
    let arguments: Vec<_> = ends
        .iter()
        .filter(|(_, column)| edges.attribute(column).is_none())
        .map(|(argument, column)| (*argument, column.as_str()))
        .collect();
    let wanted = present.as_ref().and_then(KeyType::of);
    no_such_column(edges, &arguments, |column| {
        let key_type = KeyType::of(column);
        !matches!(key_type, Some(KeyType::Enum(_)) | None)
            && (wanted.is_none() || wanted == key_type)
            && present
                .as_ref()
                .is_none_or(|end| end.number != column.number)
    })
}

/// The column that an optional argument names, or 42703.
fn option_column(edges: &Relation, argument: &'static str, column: &str) -> Attribute {
    edges.attribute(column).unwrap_or_else(|| {
        no_such_column(edges, &[(argument, column)], |column| {
            KeyType::of(column).is_some()
        })
    })
}

/// Refuses columns that do not exist: each argument with what it names. `fits` tells which columns of the
/// table could be meant.
fn no_such_column(
    edges: &Relation,
    arguments: &[(&str, &str)],
    fits: impl Fn(&Attribute) -> bool,
) -> ! {
    let calls: Vec<_> = arguments
        .iter()
        .map(|(argument, _)| format!("{argument} => '...'"))
        .collect();
    let fitting: Vec<_> = edges
        .attributes()
        .filter(fits)
        .map(|column| name::identifier(&column.name))
        .collect();
    let mut hint = format!("Name another one: {}.", calls.join(", "));
    if !fitting.is_empty() {
        hint = format!("{hint} Of a type that fits: {}.", fitting.join(", "));
    }
    attachment::missing_column(edges, arguments[0].1)
        .hint(hint)
        .raise()
}

/// The type of the keys in a column of edges.
pub(super) fn key_type_of(edges: &Relation, column: &Attribute) -> KeyType {
    match KeyType::of(column) {
        Some(KeyType::Enum(_)) | None => wrong_key_type(edges, column, "a key"),
        Some(key_type) => key_type,
    }
}

fn wrong_key_type(edges: &Relation, column: &Attribute, what: &str) -> ! {
    Report::new(
        SqlState::WRONG_OBJECT_TYPE,
        format!(
            "column {} of table {} cannot be {what}",
            name::identifier(&column.name),
            edges.qualified_name(),
        ),
    )
    .detail("It has to be of type uuid, integer, bigint or text, with an equality that is that of its bytes: not citext, not a nondeterministic collation.")
    .table(edges)
    .column(&column.name)
    .raise()
}

fn check_kinds(edges: &Relation, choice: &Choice) {
    let Some(kinds) = &choice.kinds else { return };
    let column = option_column(edges, "kind", &kinds.column);
    let Some(key_type) = KeyType::of(&column) else {
        wrong_key_type(edges, &column, "a kind")
    };
    let Some(labels) = key_type.enum_labels() else {
        for label in kinds.blocking.iter().chain(&kinds.reversed) {
            key_type.parse(label);
        }
        return;
    };
    if let Some(unknown) = kinds
        .blocking
        .iter()
        .chain(&kinds.reversed)
        .find(|kind| !labels.contains(kind))
    {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!(
                "type {} has no label {}",
                key_type.sql_name(),
                name::literal(unknown)
            ),
        )
        .hint(format!("Its labels are: {}.", labels.join(", ")))
        .table(edges)
        .column(&column.name)
        .raise()
    }
}

/// Both ends are searched by.
fn check_indexes(edges: &Relation, ends: &[Attribute], key_type: KeyType) {
    let without: Vec<_> = ends
        .iter()
        .filter(|column| LookUp::of(edges, column.number, key_type).index.is_none())
        .collect();
    let Some(first) = without.first() else { return };
    let table = edges.qualified_name();
    let without: Vec<_> = without
        .iter()
        .map(|column| name::identifier(&column.name))
        .collect();
    let statements: Vec<_> = without
        .iter()
        .map(|column| format!("create index on {table} ({column});"))
        .collect();
    Report::new(
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!(
            "table {table} has no index that starts with column {}",
            without.join(", and none that starts with column ")
        ),
    )
    .detail(
        "An edge that disagrees with the order of the graph is searched for from both of its ends.",
    )
    .hint(statements.join(" "))
    .table(edges)
    .column(&first.name)
    .raise()
}
