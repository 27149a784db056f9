//! What the database holds before anything is done to it.

use postgres::Client;

use super::history;
use super::schema_name::SchemaName;
use super::simple_query::{is_true, rows};
use crate::error::{Error, Result};

/// The facts that decide what has to be prepared, from one query that changes nothing.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The database's name.
    pub database: String,
    /// The server's version, as it calls itself.
    pub server_version: String,
    /// The schema that the migrations live in.
    pub schema: Presence,
    /// Whether the history table exists.
    pub history_exists: bool,
    /// Whether the extension is installed in the database.
    pub extension_installed: bool,
}

/// Whether the schema is there, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// There is no such schema.
    Missing,
    /// It was there before the migrations.
    Found,
    /// The first `migrate up` created it, as its comment says.
    Created,
}

impl Survey {
    /// Looks at the database.
    ///
    /// # Errors
    /// The query fails, or the schema holds another tool's table under the name of ours.
    pub fn take(client: &mut Client, schema: &SchemaName) -> Result<Self> {
        let found = rows(client, &query(schema))?;
        let row = found
            .first()
            .ok_or_else(|| Error::failure("the server answered a query for facts with nothing"))?;
        let columns = row.get("history_columns").unwrap_or_default();
        let survey = Self {
            database: row.get("database").unwrap_or_default().to_owned(),
            server_version: row.get("server_version").unwrap_or_default().to_owned(),
            schema: match row.get("schema_is_ours") {
                None => Presence::Missing,
                Some("t") => Presence::Created,
                Some(_) => Presence::Found,
            },
            history_exists: is_true(row, "history_exists"),
            extension_installed: is_true(row, "extension_installed"),
        };
        if survey.history_exists && !history::has_our_columns(columns) {
            return Err(Error::failure(format!(
                "{}.{} is another tool's table",
                schema,
                history::TABLE
            ))
            .detail(format!("It has the columns {columns}."))
            .hint("Give these migrations a schema of their own with --schema NAME."));
        }
        Ok(survey)
    }
}

fn query(schema: &SchemaName) -> String {
    format!(
        "select pg_catalog.current_database() as database,
                pg_catalog.current_setting('server_version') as server_version,
                case when namespace.oid is not null
                     then coalesce(pg_catalog.obj_description(namespace.oid, 'pg_namespace') = {ours}, false)
                end as schema_is_ours,
                history.oid is not null as history_exists,
                (select pg_catalog.string_agg(attname, ', ' order by attnum)
                   from pg_catalog.pg_attribute
                  where attrelid = history.oid and attnum > 0 and not attisdropped)
                    as history_columns,
                exists (select from pg_catalog.pg_extension where extname = 'steward')
                    as extension_installed
           from (select) as one
           left join pg_catalog.pg_namespace as namespace on nspname = {schema}
           left join pg_catalog.pg_class as history
             on relnamespace = namespace.oid and relname = '{table}'",
        ours = postgres_protocol::escape::escape_literal(super::prepare::SCHEMA_COMMENT),
        schema = schema.literal(),
        table = history::TABLE,
    )
}
