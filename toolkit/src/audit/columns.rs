//! What the columns of a log are called, and those of a table of the user's own: by the names under which
//! audit triggers know them.

use postgres::Transaction;
use postgres_protocol::escape::{escape_identifier, escape_literal};

use crate::engine::simple_query::{is_true, rows};
use crate::error::Result;

/// A column of the log.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// Its type, as SQL writes it.
    pub(super) type_name: String,
    /// What its type is based on, by its name in `pg_type`.
    base: String,
    /// True where it alone is the primary key.
    is_key: bool,
}

/// The columns of a log, in their order.
#[derive(Clone, Debug)]
pub(super) struct Columns(Vec<Column>);

/// A field of an entry: the name under which it is shown, and its value as text, in SQL.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) sql: String,
    /// True where the text is JSON.
    pub(super) is_json: bool,
}

/// How a time is written: whatever the session's settings are, and to the microsecond.
const TIME: &str = r#"YYYY-MM-DD"T"HH24:MI:SS.US"Z""#;

impl Column {
    /// The column of the entry `e`.
    pub(super) fn sql(&self) -> String {
        format!("e.{}", escape_identifier(&self.name))
    }

    /// A value of the column's type.
    pub(super) fn literal(&self, value: &str) -> String {
        format!("{}::{}", escape_literal(value), self.type_name)
    }

    pub(super) fn is_json(&self) -> bool {
        self.base == "json" || self.base == "jsonb"
    }

    /// True where the type can read the text; an integer or a UUID cannot read everything.
    pub(super) fn can_hold(&self, text: &str) -> bool {
        match self.base.as_str() {
            "uuid" => uuid::Uuid::try_parse(text).is_ok(),
            "int2" => text.parse::<i16>().is_ok(),
            "int4" => text.parse::<i32>().is_ok(),
            "int8" => text.parse::<i64>().is_ok(),
            _ => true,
        }
    }
}

impl Columns {
    /// The types are written so that they are found with an empty `search_path`.
    pub(super) fn of(transaction: &mut Transaction, table: &str) -> Result<Self> {
        let found = rows(
            transaction,
            &format!(
                "with recursive base (oid, typbasetype, typname, attnum) as (
                     select t.oid, t.typbasetype, t.typname, a.attnum
                       from pg_catalog.pg_attribute as a join pg_catalog.pg_type as t on t.oid = a.atttypid
                      where a.attrelid = {table} and a.attnum > 0 and not a.attisdropped
                     union all
                     select t.oid, t.typbasetype, t.typname, base.attnum
                       from base join pg_catalog.pg_type as t on t.oid = base.typbasetype
                 )
                 select a.attname as name, base.typname as base,
                        case when n.nspname <> 'pg_catalog'
                             then pg_catalog.format('%I.%I', n.nspname, t.typname)
                             else pg_catalog.format_type(a.atttypid, a.atttypmod) end as type,
                        exists (select from pg_catalog.pg_index as i
                                 where i.indrelid = a.attrelid and i.indisprimary
                                   and i.indnkeyatts = 1 and i.indkey[0] = a.attnum) as is_key
                   from pg_catalog.pg_attribute as a
                   join pg_catalog.pg_type as t on t.oid = a.atttypid
                   join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
                   join base on base.attnum = a.attnum and base.typbasetype = 0
                  where a.attrelid = {table} and a.attnum > 0 and not a.attisdropped
                  order by a.attnum"
            ),
        )?;
        let column = |row: &postgres::SimpleQueryRow| {
            Some(Column {
                name: row.get("name")?.to_owned(),
                type_name: row.get("type")?.to_owned(),
                base: row.get("base")?.to_owned(),
                is_key: is_true(row, "is_key"),
            })
        };
        Ok(Self(found.iter().filter_map(column).collect()))
    }

    /// The column of that name.
    pub(super) fn named(&self, name: &str) -> Option<&Column> {
        self.0.iter().find(|column| column.name == name)
    }

    /// The first of these that is there.
    fn first(&self, names: &[&str]) -> Option<&Column> {
        names.iter().find_map(|name| self.named(name))
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Column> {
        self.0.iter()
    }

    /// True where what was done has a place.
    pub(super) fn can_hold_changes(&self) -> bool {
        let has = |name| self.named(name).is_some();
        has("action") && (has("changes") || has("before") && has("after"))
    }

    /// When a change was made.
    pub(super) fn time(&self) -> Option<&Column> {
        self.first(&["logged_at", "created_at"])
    }

    /// The name of the table that was changed.
    pub(super) fn table(&self) -> Option<&Column> {
        self.first(&["entity_type", "table_name"])
    }

    /// What an entry is called: its number, or the primary key of a table of the user's own.
    pub(super) fn identity(&self) -> Option<&Column> {
        self.named("sequence")
            .or_else(|| self.0.iter().find(|column| column.is_key))
    }

    /// The member of `changes` at a path, as text.
    pub(super) fn in_changes(&self, path: &str) -> Option<String> {
        let changes = self.named("changes").filter(|column| column.is_json())?;
        Some(format!("({} #>> '{path}')", changes.sql()))
    }

    /// The fields of an entry, as they are listed.
    pub(super) fn fields(&self) -> Vec<Field> {
        let json_columns = ["key", "before", "after", "changes"];
        let is_json = |name| {
            let column = self.named(name);
            json_columns.contains(&name) && column.is_some_and(Column::is_json)
        };
        let field = |name, sql: Option<String>| {
            sql.map(|sql| Field {
                name,
                sql,
                is_json: is_json(name),
            })
        };
        let text = |name: &str| self.named(name).map(as_text);
        let identity = self.identity();
        let number = identity.filter(|column| column.name == "sequence");
        let own_key = identity.filter(|column| column.name != "sequence");
        [
            field("sequence", number.map(as_text)),
            field("id", own_key.map(as_text)),
            field("logged_at", self.time().map(as_time)),
            field("action", text("action")),
            field("schema_name", text("schema_name")),
            field("table_name", self.table().map(as_text)),
            field("key", text("key").or_else(|| self.key_of_own_table())),
            field("actor", text("actor").or_else(|| self.user())),
            field(
                "actor_source",
                text("actor_source").or_else(|| self.in_changes("{@actor,source}")),
            ),
            field("before", text("before")),
            field("after", text("after")),
            field("changes", text("changes")),
            field("transaction", text("transaction")),
            field("transaction_at", self.named("transaction_at").map(as_time)),
            field("session_role", text("session_role")),
            field("invoking_role", text("invoking_role")),
            field("application_name", text("application_name")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// `changes` holds a key for which `entity_id` had no place.
    fn key_of_own_table(&self) -> Option<String> {
        let kept = self.in_changes("{@key}");
        let entity = self.named("entity_id").map(as_text);
        coalesced([kept, entity])
    }

    /// `changes` names somebody whom `user_id` could not.
    fn user(&self) -> Option<String> {
        let user = self.named("user_id").map(as_text);
        coalesced([user, self.in_changes("{@actor,id}")])
    }
}

fn coalesced(values: [Option<String>; 2]) -> Option<String> {
    let values: Vec<_> = values.into_iter().flatten().collect();
    (!values.is_empty()).then(|| format!("coalesce({})", values.join(", ")))
}

fn as_text(column: &Column) -> String {
    format!("{}::text", column.sql())
}

fn as_time(column: &Column) -> String {
    let time = column.sql();
    // What is infinite, or before our era, to_char does not write so that it can be read.
    format!(
        "case when {time} between '0001-01-01' and '9999-12-31'
              then pg_catalog.to_char({time}::timestamptz at time zone 'UTC', '{TIME}') else {time}::text end"
    )
}
