//! The table that remembers what was applied: `<schema>.schema_migrations`.
//!
//! Its first four columns are refinery's, filled by refinery's own INSERT, so that refinery's
//! tools can read and write the table. Ours take their values in that same INSERT, from defaults
//! that read settings which are local to the transaction. So the history row, the down script and
//! the migration's own work are committed together or not at all, and a row that another tool
//! writes simply has none of our values.

use std::time::Duration;

use postgres::{Client, SimpleQueryRow};
use postgres_protocol::escape::escape_literal;

use super::schema_name::SchemaName;
use super::simple_query::{affected, is_true, rows};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::migration::Migration;

/// The table's name.
pub const TABLE: &str = "schema_migrations";

/// The columns without which the table is not ours.
const OUR_COLUMNS: [&str; 6] = [
    "version",
    "name",
    "applied_on",
    "checksum",
    "set_name",
    "down_script",
];

/// One row of the history.
#[derive(Clone, Debug, PartialEq)]
pub struct AppliedMigration {
    /// The version.
    pub version: i64,
    /// The name that the migration had.
    pub name: String,
    /// When it was applied, in RFC 3339.
    pub applied_on: String,
    /// refinery's checksum of version, name and SQL.
    pub checksum: String,
    /// The set it belongs to; unknown for a row that another tool wrote.
    pub set_name: Option<String>,
    /// What undoes it.
    pub down_script: Option<String>,
    /// Whether it declared that nothing can undo it.
    pub irreversible: bool,
    /// Whether it runs in one transaction, in both directions.
    pub transactional: bool,
    /// Whether it was recorded without being run.
    pub baseline: bool,
    /// The role that applied it.
    pub applied_by: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
}

/// The table as SQL names it.
pub(super) fn table(schema: &SchemaName) -> String {
    format!("{}.{TABLE}", schema.identifier())
}

/// Whether a comma-separated list of columns is that of a history table of ours.
pub(super) fn has_our_columns(columns: &str) -> bool {
    let present: Vec<_> = columns.split(", ").collect();
    OUR_COLUMNS.iter().all(|column| present.contains(column))
}

/// Takes back what default privileges of the schema gave on the table: who could write it would choose the scripts that undo
/// migrations, which somebody with more rights runs.
fn revocation(table: &str) -> String {
    let body = format!(
        "
declare
    other text;
begin
    for other in
        select distinct case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
        from pg_class, aclexplode(relacl) where oid = {}::regclass and grantee <> relowner
    loop
        execute {} || other;
    end loop;
end
",
        escape_literal(table),
        escape_literal(&format!("revoke all on {table} from ")),
    );
    format!(
        "\n-- Nobody else's, whatever default privileges say.\ndo {};",
        escape_literal(&body)
    )
}

/// The statements that create the table.
#[must_use]
pub(super) fn creation(schema: &SchemaName) -> String {
    let table = table(schema);
    format!(
        "create table {table} (
    version int8 constraint schema_migrations_pkey primary key,
    name varchar(255) not null,
    applied_on varchar(255) not null,
    checksum varchar(255) not null,
    set_name text default nullif(current_setting('steward_migrate.set_name', true), ''),
    down_script text default nullif(current_setting('steward_migrate.down_script', true), ''),
    irreversible boolean default nullif(current_setting('steward_migrate.irreversible', true), '')::boolean,
    transactional boolean default nullif(current_setting('steward_migrate.transactional', true), '')::boolean,
    baseline boolean default nullif(current_setting('steward_migrate.baseline', true), '')::boolean,
    duration interval default nullif(current_setting('steward_migrate.duration', true), '')::interval,
    steward_version text default nullif(current_setting('steward_migrate.steward_version', true), ''),
    applied_by text default session_user,
    restamped_at timestamp with time zone
);
comment on table {table} is 'The migrations that were applied to this schema, one row a version; written by the command steward, readable by refinery';
comment on column {table}.version is 'The number that orders the migrations';
comment on column {table}.name is 'What the migration does, as its file name says';
comment on column {table}.applied_on is 'When it was applied, in RFC 3339';
comment on column {table}.checksum is 'The checksum that refinery computes of version, name and SQL';
comment on column {table}.set_name is 'The set it belongs to: a blueprint or a folder; NULL if another tool wrote the row';
comment on column {table}.down_script is 'The SQL that undoes it, as it was when the migration was applied';
comment on column {table}.irreversible is 'Whether the migration says that nothing undoes it';
comment on column {table}.transactional is 'False if each of its statements commits by itself';
comment on column {table}.baseline is 'True if it was recorded without being run';
comment on column {table}.duration is 'How long it took';
comment on column {table}.steward_version is 'The version of the command that applied it';
comment on column {table}.applied_by is 'The session user that applied it';
comment on column {table}.restamped_at is 'When checksum and down script were last made to agree with edited files';"
    ) + &revocation(&table)
}

/// The statements that hand the values of our columns to the next INSERT of this transaction.
pub(super) fn settings(
    set_name: &str,
    migration: &Migration,
    baseline: bool,
    duration: Duration,
) -> String {
    let down_script = migration.down.as_ref().map_or("", |script| &script.sql);
    let values = [
        ("set_name", set_name.to_owned()),
        ("down_script", down_script.to_owned()),
        ("irreversible", migration.down.is_none().to_string()),
        ("transactional", migration.transactional.to_string()),
        ("baseline", baseline.to_string()),
        ("duration", format!("{} microseconds", duration.as_micros())),
        ("steward_version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let calls: Vec<_> = values
        .iter()
        .map(|(name, value)| {
            format!(
                "pg_catalog.set_config('steward_migrate.{name}', {}, true)",
                escape_literal(value)
            )
        })
        .collect();
    format!("select {};", calls.join(", "))
}

/// The rows, in ascending order of their versions.
pub(super) fn read(client: &mut Client, schema: &SchemaName) -> Result<Vec<AppliedMigration>> {
    let sql = format!(
        "select version, name, applied_on, checksum, set_name, down_script,
                coalesce(irreversible, false) as irreversible,
                coalesce(transactional, true) as transactional,
                coalesce(baseline, false) as baseline,
                applied_by,
                1000 * extract(epoch from duration) as duration_ms
           from {}
          order by version",
        table(schema)
    );
    rows(client, &sql)?.iter().map(from_row).collect()
}

fn from_row(row: &SimpleQueryRow) -> Result<AppliedMigration> {
    let owned = |column: &str| row.get(column).map(ToOwned::to_owned);
    let version = row
        .get("version")
        .and_then(|version| version.parse().ok())
        .ok_or_else(|| Error::failure(format!("a row of {TABLE} has no version")))?;
    Ok(AppliedMigration {
        version,
        name: owned("name").unwrap_or_default(),
        applied_on: owned("applied_on").unwrap_or_default(),
        checksum: owned("checksum").unwrap_or_default(),
        set_name: owned("set_name"),
        down_script: owned("down_script"),
        irreversible: is_true(row, "irreversible"),
        transactional: is_true(row, "transactional"),
        baseline: is_true(row, "baseline"),
        applied_by: owned("applied_by"),
        duration_ms: row
            .get("duration_ms")
            .and_then(|duration| duration.parse().ok()),
    })
}

/// Deletes exactly the row that was read.
pub(super) fn delete(
    client: &mut Client,
    schema: &SchemaName,
    row: &AppliedMigration,
) -> Result<()> {
    let sql = format!(
        "delete from {} where version = {} and checksum = {}",
        table(schema),
        row.version,
        escape_literal(&row.checksum)
    );
    expect_one(affected(client, &sql)?, row)
}

/// Makes the row that was read agree with the files.
pub(super) fn restamp(
    client: &mut Client,
    schema: &SchemaName,
    row: &AppliedMigration,
    migration: &Migration,
    checksum: u64,
) -> Result<()> {
    let down_script = migration.down.as_ref().map_or_else(
        || "null".to_owned(),
        |script| format!("nullif({}, '')", escape_literal(&script.sql)),
    );
    let sql = format!(
        "update {}
            set name = {}, checksum = '{checksum}', down_script = {down_script},
                irreversible = {}, transactional = {}, restamped_at = now()
          where version = {} and checksum = {}",
        table(schema),
        escape_literal(&migration.name),
        migration.down.is_none(),
        migration.transactional,
        row.version,
        escape_literal(&row.checksum)
    );
    expect_one(affected(client, &sql)?, row)
}

fn expect_one(affected: u64, row: &AppliedMigration) -> Result<()> {
    if affected == 1 {
        return Ok(());
    }
    Err(Error::new(
        Exit::Divergence,
        format!(
            "the history row of version {} is no longer as it was read",
            row.version
        ),
    )
    .detail("Something else than this command has changed it. Nothing was changed here.")
    .hint("Look at it with \"steward migrate status\"."))
}
