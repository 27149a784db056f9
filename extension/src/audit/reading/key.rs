//! The key of the row that a question is about: read as the key's columns read it, and as the log has it.

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::recorded_json;
use crate::pg::relation::Attribute;
use crate::pg::sql_type;
use crate::pg::statement;
use crate::pg::tuple::Value;

use super::super::key_hash::key_hash;
use super::audited::Audited;

/// A row's key.
#[derive(Clone)]
pub(super) struct RowKey {
    /// The columns, each with whether it is NULL; empty for a key that the table cannot have any more.
    columns: Vec<(Attribute, bool)>,
    /// As `{"column": value}`, with the names that the columns had when the rows to look for were logged.
    pub(super) json: String,
    pub(super) names: Vec<String>,
    /// The value of the only column as its type shows it.
    shown: Option<String>,
}

impl RowKey {
    /// The key whose only column has that value. A key of several columns can only be JSON.
    pub(super) fn of_text(audited: &Audited, text: &str) -> Self {
        let columns = audited.key_columns();
        let [column] = columns.as_slice() else {
            return Self::of_json(audited, text);
        };
        // The other types read a JSON string by their own input function.
        let json_type = match column.base_type() {
            pg_sys::JSONOID | pg_sys::JSONBOID => "pg_catalog.jsonb",
            _ => "pg_catalog.text",
        };
        let json = format!(
            "pg_catalog.jsonb_build_object({}, {}::{json_type})",
            name::literal(&column.name),
            name::literal(text),
        );
        Self::read(columns, &json)
    }

    /// The key that is given as `{"column": value}`.
    pub(super) fn of_json(audited: &Audited, json: &str) -> Self {
        Self::of_json_or(json, audited, |columns| refuse_columns(audited, &columns))
    }

    /// The same; a key with columns that the table does not have is taken as it stands in the log, since
    /// they may have been renamed.
    pub(super) fn of_json_as_recorded(audited: &Audited, json: &str) -> Self {
        Self::of_json_or(json, audited, |columns| {
            let names = names_in(json);
            let is_column = |name: &String| audited.table.attribute(name).is_some();
            if names.is_empty() || names.iter().all(is_column) {
                refuse_columns(audited, &columns)
            }
            Self {
                columns: Vec::new(),
                json: json.to_owned(),
                names,
                shown: None,
            }
        })
    }

    fn of_json_or(
        json: &str,
        audited: &Audited,
        otherwise: impl FnOnce(Vec<Attribute>) -> Self,
    ) -> Self {
        let columns = audited.key_columns();
        let mut given = names_in(json);
        let mut wanted: Vec<_> = columns.iter().map(|column| column.name.clone()).collect();
        given.sort_unstable();
        wanted.sort_unstable();
        if given == wanted {
            Self::read(
                columns,
                &format!("{}::pg_catalog.jsonb", name::literal(json)),
            )
        } else {
            otherwise(columns)
        }
    }

    /// Reads the values by the input functions of the columns, under the session's settings, and writes
    /// them as the log has them.
    fn read(columns: Vec<Attribute>, json: &str) -> Self {
        let values: Vec<_> = columns
            .iter()
            .map(|column| format!("k.{}", name::identifier(&column.name)))
            .collect();
        let sql = format!(
            "select {} from pg_catalog.jsonb_to_record({json}) as k ({})",
            values.join(", "),
            definitions(&columns),
        );
        let members: Vec<_> = (1..)
            .zip(&columns)
            .map(|(number, column)| format!("{}, ${number}", name::literal(&column.name)))
            .collect();
        let expression = format!("pg_catalog.jsonb_build_object({})", members.join(", "));
        let (mut nulls, mut recorded, mut shown) = (Vec::new(), None, None);
        statement::for_each_row(&sql, |row| {
            let values = (1..).zip(&columns).map(|(number, _)| row.value(number));
            nulls = values.clone().map(Value::is_null).collect();
            let parameters: Vec<_> = columns
                .iter()
                .map(|column| column.type_oid)
                .zip(values)
                .collect();
            recorded = recorded_json::evaluate(&expression, &parameters);
            if parameters.len() == 1 && !parameters[0].1.is_null() {
                shown = recorded_json::evaluate("pg_catalog.format('%s', $1)", &parameters);
            }
        });
        Self {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            columns: columns.into_iter().zip(nulls).collect(),
            json: recorded.unwrap_or_default(),
            shown,
        }
    }

    /// The key with the values that a row of the log has in its columns.
    pub(super) fn with(&self, audited: &Audited, values: &str) -> Self {
        let values = format!("{}::pg_catalog.jsonb", name::literal(values));
        let json = recorded_json::evaluate(
            &format!(
                "{key} operator(pg_catalog.||) coalesce((\
                     select pg_catalog.jsonb_object_agg(c.key, c.value) \
                     from pg_catalog.jsonb_each({values}) as c (key, value) \
                     where {key} operator(pg_catalog.?) c.key), '{{}}')",
                key = self.literal(),
            ),
            &[],
        );
        Self::of_json(audited, &json.unwrap_or_default())
    }

    /// The text of the value, where the key is one column; else that of the whole key.
    pub(super) fn shown(&self) -> String {
        self.shown.clone().unwrap_or_else(|| self.json.clone())
    }

    /// As a literal of SQL.
    pub(super) fn literal(&self) -> String {
        format!("{}::pg_catalog.jsonb", name::literal(&self.json))
    }

    pub(super) fn hash(&self) -> i64 {
        key_hash(&self.json)
    }

    /// One row with the values, for the FROM clause.
    pub(super) fn source(&self, alias: &str) -> String {
        let columns: Vec<_> = self
            .columns
            .iter()
            .map(|(column, _)| column.clone())
            .collect();
        format!(
            "pg_catalog.jsonb_to_record({}) as {alias} ({})",
            self.literal(),
            definitions(&columns)
        )
    }

    /// The condition that the row called `row` has this key, whose values are those of the source `key`.
    pub(super) fn condition(&self, row: &str, key: &str) -> String {
        let conditions: Vec<_> = self
            .columns
            .iter()
            .map(|(column, is_null)| {
                let name = name::identifier(&column.name);
                match (is_null, sql_type::equality(column)) {
                    (true, _) => format!("{row}.{name} is null"),
                    (false, Some(equality)) => format!("{row}.{name} {equality} {key}.{name}"),
                    (false, None) => format!(
                        "{row}.{name}::pg_catalog.text operator(pg_catalog.=) {key}.{name}::pg_catalog.text"
                    ),
                }
            })
            .collect();
        conditions.join(" and ")
    }
}

/// Columns as a function that returns records has them defined.
pub(super) fn definitions(columns: &[Attribute]) -> String {
    columns
        .iter()
        .map(|column| format!("{} {}", name::identifier(&column.name), column.type_name()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The names in a JSON object; none for any other JSON value.
fn names_in(json: &str) -> Vec<String> {
    let mut names = Vec::new();
    let json = format!("{}::pg_catalog.jsonb", name::literal(json));
    let sql = format!(
        "select pg_catalog.jsonb_object_keys(case when pg_catalog.jsonb_typeof({json}) operator(pg_catalog.=) 'object' \
         then {json} else '{{}}' end)"
    );
    statement::for_each_row(&sql, |row| names.extend(row.value(1).as_text()));
    names
}

fn refuse_columns(audited: &Audited, columns: &[Attribute]) -> ! {
    let names: Vec<_> = columns
        .iter()
        .map(|column| name::identifier(&column.name))
        .collect();
    let example: Vec<_> = columns
        .iter()
        .map(|column| format!("{:?}: ...", column.name))
        .collect();
    Report::new(
        SqlState::INVALID_PARAMETER_VALUE,
        format!(
            "the key of table {} is ({})",
            audited.table.qualified_name(),
            names.join(", "),
        ),
    )
    .hint(format!(
        "Give it as jsonb, with these names: '{{{}}}'::jsonb.",
        example.join(", ")
    ))
    .table(&audited.table)
    .raise()
}
