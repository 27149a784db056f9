//! The row as it is now, as the JSON that a log would hold of it: written by what writes the log.

use crate::pg::json::{self, Member, Shown};
use crate::pg::name;
use crate::pg::recorded_json;
use crate::pg::statement;

use super::audited::Audited;
use super::key::RowKey;

/// What stands in a log instead of the value of a redacted column.
pub(super) const REDACTED: &str = "'{\"redacted\": true}'::pg_catalog.jsonb";

/// A row of the audited table.
pub(super) struct Present {
    /// All of it.
    pub(super) json: String,
    /// A condition about `t` that holds for this version of the row only.
    pub(super) version: String,
}

impl Present {
    /// The row with that key, if the current user sees one.
    pub(super) fn read(audited: &Audited, key: &RowKey) -> Option<Self> {
        let table = &audited.table;
        // What is computed when it is read, and stored nowhere, follows from the rest and is never recorded.
        let columns: Vec<_> = table
            .attributes()
            .filter(|column| !column.computed_when_read)
            .collect();
        let names: Vec<_> = columns
            .iter()
            .map(|column| format!(", t.{}", name::identifier(&column.name)))
            .collect();
        let members: Vec<_> = columns.iter().map(Member::of).collect();
        let sql = format!(
            "select t.ctid::pg_catalog.text, t.tableoid::pg_catalog.text{} from {} as t, {} where {}",
            names.concat(),
            table.qualified_name(),
            key.source("k"),
            key.condition("t", "k"),
        );
        let mut present = None;
        statement::for_each_row_with(&sql, &[], audited.sight, |row| {
            let text = |column| row.value(column).as_text().unwrap_or_default();
            let whole = json::object(|writer| {
                for (member, number) in members.iter().zip(3..) {
                    writer.put(member, Shown::Value(row.value(number)));
                }
            });
            present = Some(Self {
                json: json::text_of(whole),
                version: format!(
                    "t.ctid operator(pg_catalog.=) {}::pg_catalog.tid and t.tableoid operator(pg_catalog.=) {}::pg_catalog.oid",
                    name::literal(&text(1)),
                    name::literal(&text(2)),
                ),
            });
        });
        present
    }

    /// As a log shows it: without what the audit ignores or redacts.
    pub(super) fn as_recorded(&self, audited: &Audited) -> Option<String> {
        recorded_json::evaluate(
            &format!(
                "(select s.j operator(pg_catalog.||) coalesce((\
                     select pg_catalog.jsonb_object_agg(c.name, {REDACTED}) \
                     from pg_catalog.unnest({}) as c (name) where s.j operator(pg_catalog.?) c.name\
                 ), '{{}}') from (select {}::pg_catalog.jsonb operator(pg_catalog.-) {} as j) as s)",
                name_array(&audited.choice.redact),
                name::literal(&self.json),
                name_array(&audited.choice.ignore),
            ),
            &[],
        )
    }
}

/// Names as SQL of type `text[]`.
fn name_array(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<_> = names
        .into_iter()
        .map(|name| name::literal(name.as_ref()))
        .collect();
    format!("array[{}]::pg_catalog.text[]", names.join(", "))
}
