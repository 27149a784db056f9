//! `history` out of a table of the user's own, which has the columns that it has.
//!
//! What the table could not hold in a column stands in `changes`, where the audit trigger put it.

use pgrx::pg_sys;

use crate::pg::error::{Report, SqlState};
use crate::pg::name;
use crate::pg::relation::Attribute;
use crate::pg::rows::Rows;
use crate::pg::sql_type;
use crate::pg::statement;

use super::super::destination::ColumnKind;
use super::audited::Audited;
use super::key::RowKey;

const COLUMNS: usize = 12;

/// The rows about that key, newest last.
pub(super) fn history(audited: &Audited, key: &RowKey) -> Rows {
    let table = OwnTable { audited, key };
    let sql = format!(
        "select {} from {} as e where {}{} order by {}",
        table.values().join(", "),
        audited.destination.qualified_name(),
        table.is_of_row(),
        table.is_of_table(),
        table.order(),
    );
    let mut rows = Vec::new();
    statement::for_each_row(&sql, |row| {
        // There is no sequence by which an entry could be named.
        let mut values = vec![None];
        values.extend(
            (1..)
                .take(COLUMNS)
                .map(|column| row.value(column).as_text()),
        );
        rows.push(values);
    });
    Rows(rows)
}

struct OwnTable<'question> {
    audited: &'question Audited,
    key: &'question RowKey,
}

impl OwnTable<'_> {
    /// What `history` returns after the sequence, each as SQL that gives text.
    fn values(&self) -> [String; COLUMNS] {
        [
            self.time(&["logged_at", "created_at"]),
            self.text(&["action"], None),
            self.text(&["actor", "user_id"], Some("{@actor,id}")),
            self.text(&["actor_source"], Some("{@actor,source}")),
            self.side("before", "old", "INSERT"),
            self.side("after", "new", "DELETE"),
            name::literal(&self.key.json),
            self.text(&["transaction"], None),
            self.time(&["transaction_at"]),
            self.text(&["session_role"], None),
            self.text(&["invoking_role"], None),
            self.text(&["application_name"], None),
        ]
    }

    fn has(&self, column: &str) -> bool {
        self.column(column).is_some()
    }

    fn column(&self, column: &str) -> Option<Attribute> {
        self.audited.destination.attribute(column)
    }

    /// The first of these columns that holds something, or what stands in `changes` at that path.
    fn text(&self, columns: &[&str], path: Option<&str>) -> String {
        let mut values: Vec<_> = columns
            .iter()
            .filter(|column| self.has(column))
            .map(|column| format!("e.{column}::pg_catalog.text"))
            .collect();
        if let Some(path) = path.filter(|_| self.has("changes")) {
            values.push(format!(
                "(e.changes::pg_catalog.jsonb operator(pg_catalog.#>>) '{path}'::pg_catalog.text[])"
            ));
        }
        values.push("null::pg_catalog.text".to_owned());
        format!("coalesce({})", values.join(", "))
    }

    /// Written so that it is read again whatever `DateStyle` is.
    fn time(&self, columns: &[&str]) -> String {
        match columns.iter().find(|column| self.has(column)) {
            Some(column) => format!(
                "pg_catalog.to_jsonb(e.{column}::pg_catalog.timestamptz) operator(pg_catalog.#>>) '{{}}'::pg_catalog.text[]"
            ),
            None => "null::pg_catalog.text".to_owned(),
        }
    }

    /// The row before or after: of its own column, or out of `{"column": {"old": ..., "new": ...}}`.
    fn side(&self, column: &str, member: &str, without: &str) -> String {
        if self.has(column) {
            return format!("e.{column}::pg_catalog.text");
        }
        format!(
            "(select pg_catalog.jsonb_object_agg(c.key, c.value operator(pg_catalog.->) '{member}'::pg_catalog.text) \
             from pg_catalog.jsonb_each(case when pg_catalog.jsonb_typeof(e.changes::pg_catalog.jsonb) \
                 operator(pg_catalog.=) 'object' then e.changes::pg_catalog.jsonb else '{{}}' end) as c (key, value) \
             where c.value operator(pg_catalog.?) '{member}'::pg_catalog.text \
                 and e.action::pg_catalog.text operator(pg_catalog.<>) '{without}')::pg_catalog.text"
        )
    }

    fn is_of_row(&self) -> String {
        let Some(entity) = self.column("entity_id") else {
            return self.has_key();
        };
        let is = |value: &str| {
            let equality =
                sql_type::equality(&entity).unwrap_or_else(|| "operator(pg_catalog.=)".to_owned());
            format!(
                "e.entity_id {equality} {}::{}",
                name::literal(value),
                entity.type_name()
            )
        };
        match entity.base_type() {
            pg_sys::JSONOID | pg_sys::JSONBOID => format!(
                "e.entity_id::pg_catalog.jsonb operator(pg_catalog.=) {}",
                self.key.literal()
            ),
            _ => {
                let kind = ColumnKind::of(&entity);
                let shown = self.key.shown();
                if kind.takes(&name::to_server(&shown)) {
                    is(&shown)
                } else {
                    let nothing = kind.no_row().to_string_lossy();
                    format!("{} and {}", is(&nothing), self.has_key())
                }
            }
        }
    }

    /// The condition that the key is where it is whole.
    fn has_key(&self) -> String {
        let key = self.key.literal();
        if self.has("key") {
            return format!("e.key::pg_catalog.jsonb operator(pg_catalog.=) {key}");
        }
        if self.has("changes") {
            return format!(
                "e.changes::pg_catalog.jsonb operator(pg_catalog.->) '@key'::pg_catalog.text operator(pg_catalog.=) {key}"
            );
        }
        let destination = &self.audited.destination;
        Report::new(
            SqlState::UNDEFINED_COLUMN,
            format!(
                "table {} has no column in which the key of a row could be found",
                destination.qualified_name(),
            ),
        )
        .hint("A key is found in entity_id, key or changes.")
        .table(destination)
        .raise()
    }

    fn is_of_table(&self) -> String {
        let table = &self.audited.table;
        let names = [
            ("entity_type", table.name()),
            ("table_name", table.name()),
            ("schema_name", table.schema()),
        ];
        let condition = |(column, value): (&str, String)| {
            let column = self.column(column)?;
            let equality =
                sql_type::equality(&column).unwrap_or_else(|| "operator(pg_catalog.=)".to_owned());
            Some(format!(
                " and e.{} {equality} {}::{}",
                column.name,
                name::literal(&value),
                column.type_name(),
            ))
        };
        let conditions: Vec<_> = names.into_iter().filter_map(condition).collect();
        conditions.concat()
    }

    fn order(&self) -> String {
        let columns: Vec<_> = ["logged_at", "created_at", "sequence"]
            .into_iter()
            .filter(|column| self.has(column))
            .map(|column| format!("e.{column}"))
            .collect();
        if columns.is_empty() {
            "e.ctid".to_owned()
        } else {
            columns.join(", ")
        }
    }
}
