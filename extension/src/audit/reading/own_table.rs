//! `history` out of a table of the user's own, which has the columns that it has.

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::Attribute;
use crate::pg::rows::Rows;
use crate::pg::sql_type;
use crate::pg::statement;

use super::audited::Audited;
use super::key::RowKey;

/// What `history` returns after the sequence, each with the columns of the table that can hold it: the
/// first that is there.
const RETURNED: [(&str, &[&str]); 12] = [
    ("time", &["logged_at", "created_at"]),
    ("text", &["action"]),
    ("text", &["actor", "user_id"]),
    ("text", &["actor_source"]),
    ("old", &["before", "changes"]),
    ("new", &["after", "changes"]),
    ("text", &["key"]),
    ("text", &["transaction"]),
    ("time", &["transaction_at"]),
    ("text", &["session_role"]),
    ("text", &["invoking_role"]),
    ("text", &["application_name"]),
];

/// The rows about that key, newest last.
pub(super) fn history(audited: &Audited, key: &RowKey) -> Rows {
    let columns: Vec<_> = RETURNED
        .iter()
        .map(|(form, names)| value(audited, key, form, names))
        .collect();
    let order: Vec<_> = ["logged_at", "created_at", "sequence"]
        .into_iter()
        .filter(|column| has(audited, column))
        .map(|column| format!("e.{column}"))
        .collect();
    let order = if order.is_empty() {
        "e.ctid".to_owned()
    } else {
        order.join(", ")
    };
    let (source, condition) = is_of_row(audited, key);
    let sql = format!(
        "select {} from {} as e{source} where {condition}{} order by {order}",
        columns.join(", "),
        audited.destination.qualified_name(),
        is_of_table(audited),
    );
    let mut rows = Vec::new();
    statement::for_each_row(&sql, |row| {
        let mut values = vec![None];
        values.extend((1..).take(RETURNED.len()).map(|column| row.value(column).as_text()));
        rows.push(values);
    });
    Rows(rows)
}

fn has(audited: &Audited, column: &str) -> bool {
    audited.destination.attribute(column).is_some()
}

/// The SQL for one value of the answer, as text.
fn value(audited: &Audited, key: &RowKey, form: &str, names: &[&str]) -> String {
    let Some(column) = names.iter().find(|column| has(audited, column)) else {
        return if names == ["key"] {
            format!("{}::pg_catalog.text", name::literal(&key.json))
        } else {
            "null::pg_catalog.text".to_owned()
        };
    };
    match form {
        "time" => format!(
            "pg_catalog.to_jsonb(e.{column}) operator(pg_catalog.#>>) '{{}}'::pg_catalog.text[]"
        ),
        "old" | "new" if *column == "changes" => side_of_changes(form),
        _ => format!("e.{column}::pg_catalog.text"),
    }
}

/// One side of `{"column": {"old": ..., "new": ...}}`; NULL where no column has it.
fn side_of_changes(side: &str) -> String {
    format!(
        "(select pg_catalog.jsonb_object_agg(c.key, c.value operator(pg_catalog.->) '{side}'::pg_catalog.text) \
         from pg_catalog.jsonb_each(case when pg_catalog.jsonb_typeof(e.changes::pg_catalog.jsonb) \
             operator(pg_catalog.=) 'object' then e.changes::pg_catalog.jsonb else '{{}}' end) as c (key, value) \
         where c.value operator(pg_catalog.?) '{side}'::pg_catalog.text)::pg_catalog.text"
    )
}

/// A source for the FROM clause, and the condition that a row `e` has the key.
fn is_of_row(audited: &Audited, key: &RowKey) -> (String, String) {
    let by_value = audited.destination.attribute("entity_id");
    match (by_value, key.names.as_slice()) {
        (Some(entity_id), [column]) => by_entity_id(key, column, &entity_id),
        _ if has(audited, "key") => (
            String::new(),
            format!(
                "e.key::pg_catalog.jsonb operator(pg_catalog.=) {}",
                key.literal()
            ),
        ),
        _ => refuse(audited),
    }
}

fn by_entity_id(key: &RowKey, column: &str, entity_id: &Attribute) -> (String, String) {
    let columns = std::slice::from_ref(entity_id);
    let source = format!(
        " cross join pg_catalog.jsonb_to_record(pg_catalog.jsonb_build_object('entity_id', \
         {} operator(pg_catalog.->>) {}::pg_catalog.text)) as k ({})",
        key.literal(),
        name::literal(column),
        super::key::definitions(columns),
    );
    let equality = sql_type::equality(entity_id).unwrap_or_else(|| "operator(pg_catalog.=)".into());
    (source, format!("e.entity_id {equality} k.entity_id"))
}

fn is_of_table(audited: &Audited) -> String {
    let table = name::literal(&audited.table.name());
    let schema = name::literal(&audited.table.schema());
    let equals = |column: &str, value: &str| {
        format!(" and e.{column}::pg_catalog.text operator(pg_catalog.=) {value}")
    };
    let mut conditions = String::new();
    for column in ["entity_type", "table_name"] {
        if has(audited, column) {
            conditions += &equals(column, &table);
        }
    }
    if has(audited, "schema_name") {
        conditions += &equals("schema_name", &schema);
    }
    conditions
}

fn refuse(audited: &Audited) -> ! {
    Report::new(
        SqlState::UNDEFINED_COLUMN,
        format!(
            "table {} has no column in which the key of a row of {} could be found",
            audited.destination.qualified_name(),
            audited.table.qualified_name(),
        ),
    )
    .hint("A key of one column is found in entity_id, any key in a column key of type jsonb.")
    .table(&audited.destination)
    .raise()
}
