//! `create_audit_log`: makes the table, its indexes, its guard and its first partitions.

use pgrx::pg_sys;

use crate::audit::seal;
use crate::pg::attachment;
use crate::pg::error::{Report, SqlState};
use crate::pg::function::Arguments;
use crate::pg::lock::{self, Class, Mode};
use crate::pg::name;
use crate::pg::relation::{Lock, Relation};
use crate::pg::role;
use crate::pg::statement;

use super::partitions::{self, Ahead};
use super::{Log, Period, guard};

/// The columns, each with its type and comment.
const COLUMNS: [(&str, &str, &str); 19] = [
    (
        "sequence",
        "bigserial",
        "Number of the entry; entries of one row are in the order of their numbers",
    ),
    (
        "logged_at",
        "timestamptz not null",
        "Time of the change by the clock",
    ),
    (
        "transaction",
        "xid8 not null",
        "The transaction that made the change (pg_current_xact_id)",
    ),
    (
        "transaction_at",
        "timestamptz not null",
        "When that transaction began (now)",
    ),
    (
        "key_hash",
        "bigint",
        "steward.audit_key_hash(key), by which a row's history is found",
    ),
    (
        "incarnation",
        "bigint not null",
        "steward.audit_incarnation(log) when the entry was written; in another one table_oid says nothing",
    ),
    (
        "table_oid",
        "oid not null",
        "The table that was changed; a partition itself",
    ),
    (
        "root_oid",
        "oid not null",
        "The table as one sees it; for a partition the partitioned table",
    ),
    (
        "action",
        "text not null",
        "INSERT, UPDATE, DELETE or TRUNCATE",
    ),
    ("schema_name", "text not null", "Schema of the table"),
    (
        "table_name",
        "text not null",
        "The table as one sees it; for a partition the partitioned table",
    ),
    (
        "key",
        "jsonb",
        "Primary key of the row; NULL for TRUNCATE and for a table without one",
    ),
    (
        "before",
        "jsonb",
        "What was there: of an UPDATE the columns that changed, of a DELETE the whole row",
    ),
    (
        "after",
        "jsonb",
        "What is there since: of an UPDATE the columns that changed, of an INSERT the whole row",
    ),
    ("actor", "text", "The user of the application, or the role"),
    (
        "actor_source",
        "text",
        "How the actor is known: access, app.current_user_id, app.user_id or role",
    ),
    (
        "session_role",
        "text not null",
        "The role that logged in (session_user)",
    ),
    (
        "invoking_role",
        "text not null",
        "The role that ran the statement",
    ),
    (
        "application_name",
        "text",
        "Setting application_name of the session",
    ),
];

/// `steward.create_audit_log(log, owner, period, ahead)`.
pub(super) fn create_audit_log(arguments: &Arguments) -> pg_sys::Oid {
    let log: String = arguments.required(0, "log");
    let owner: Option<pg_sys::Oid> = arguments.optional(1);
    let new_owner = owner.map(required_role);
    let period: String = arguments.required(2, "period");
    let period = Period::required(&period);
    let ahead = Ahead::checked(arguments.required(3, "ahead"));

    let (schema, name) = parsed(&log);
    let qualified = name::qualified(&schema, &name);
    // A log that two sessions make at once is made by one of them and found by the other.
    lock::Lock::on(Class::AuditLog, pg_sys::InvalidOid, qualified.as_bytes())
        .acquire(Mode::Exclusive);
    if let Some(found) = find(&schema, &name) {
        let log = present(found, owner, period);
        if let Some(owner) = new_owner {
            give_to(&log, &owner);
        }
        super::maintained(log.oid, |log| complete(log, ahead));
        return log.oid;
    }
    let log = create(&schema, &name, new_owner.as_deref(), period);
    complete(&log, ahead);
    if let Some(owner) = new_owner {
        give_to(&log, &owner);
    }
    log.oid
}

/// Makes the partitions and the table of seals, as far as they are missing.
fn complete(log: &Log, ahead: Ahead) {
    partitions::extend(log, ahead);
    seal::create_unless_present(log, |suffix| partitions::free_name(log, suffix));
}

fn required_role(role: pg_sys::Oid) -> String {
    role::name_of(role).unwrap_or_else(|| {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("there is no role with oid {}", role.to_u32()),
        )
        .hint("Name the owner's role, as in owner => 'auditor'.")
        .raise()
    })
}

/// Schema and name, as PostgreSQL reads them in `CREATE TABLE`.
fn parsed(log: &str) -> (String, String) {
    let parts = statement::query(&format!(
        "select part from pg_catalog.unnest(pg_catalog.parse_ident({})) as part",
        name::literal(log),
    ));
    let parts: Vec<String> = parts
        .into_iter()
        .filter_map(|mut row| row.pop().flatten())
        .map(|part| attachment::cut(&part, ""))
        .collect();
    match parts.as_slice() {
        [name] => (current_schema(), name.clone()),
        [schema, name] => (schema.clone(), name.clone()),
        _ => Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!("\"{log}\" is not the name of a table"),
        )
        .hint("Write the name as in SQL: 'log', 'audit.log' or 'audit.\"Log\"'.")
        .raise(),
    }
}

fn current_schema() -> String {
    let mut schema = None;
    statement::for_each_row(
        "select pg_catalog.convert_to(pg_catalog.current_schema()::pg_catalog.text, 'UTF8')",
        |row| {
            let bytes = row.value(1).as_bytes();
            schema = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        },
    );
    schema.unwrap_or_else(|| {
        Report::new(
            SqlState::INVALID_SCHEMA_NAME,
            "no schema has been selected to create the log in",
        )
        .hint("Name it: 'audit.log'.")
        .raise()
    })
}

fn find(schema: &str, name: &str) -> Option<Relation> {
    let rows = statement::query(&format!(
        "select c.oid from pg_catalog.pg_class as c \
         join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
         where n.nspname = {} and c.relname = {}",
        name::literal(schema),
        name::literal(name),
    ));
    let oid: u32 = rows.first()?.first()?.as_deref()?.parse().ok()?;
    Relation::try_open(pg_sys::Oid::from(oid), Lock::AccessShare)
}

/// The log that is there already: one that the caller has made, or whose owner the caller names. A log that
/// somebody else has prepared is not taken for one's own.
fn present(found: Relation, wanted_owner: Option<pg_sys::Oid>, period: Period) -> Log {
    let Some(log) = super::of(&found) else {
        Report::new(
            SqlState::DUPLICATE_TABLE,
            format!("relation {} already exists", found.qualified_name()),
        )
        .detail("It is not an audit log.")
        .hint("Give the log another name.")
        .table(&found)
        .raise()
    };
    if log.period != period {
        Report::new(
            SqlState::INVALID_PARAMETER_VALUE,
            format!(
                "log {} has partitions of a {}, not of a {}",
                log.qualified_name(),
                log.period.name(),
                period.name(),
            ),
        )
        .hint(format!("Say period => '{}'.", log.period.name()))
        .table(&found)
        .raise()
    }
    let oid = log.oid;
    let owner = found.owner();
    drop(found);
    drop(attachment::open_target(oid));
    if owner != role::current() && wanted_owner != Some(owner) {
        refuse_of_another(&log, owner);
    }
    log
}

fn refuse_of_another(log: &Log, owner: pg_sys::Oid) -> ! {
    let owner = name::identifier(&role::name_of(owner).unwrap_or_default());
    let qualified = log.qualified_name();
    Report::new(
        SqlState::INSUFFICIENT_PRIVILEGE,
        format!("log {qualified} belongs to role {owner}"),
    )
    .detail("Whoever owns a log can change what is in it.")
    .hint(format!(
        "If it is to be theirs, say owner => {}; if not: alter table {qualified} owner to ... first.",
        name::literal(&owner),
    ))
    .raise()
}

fn create(schema: &str, name: &str, owner: Option<&str>, period: Period) -> Log {
    create_schema(schema, owner);
    let qualified = name::qualified(schema, name);
    let columns: Vec<String> = COLUMNS
        .iter()
        .map(|(column, definition, _)| format!("{} {definition}", name::identifier(column)))
        .collect();
    statement::run(&format!(
        "create table {qualified} ({}) partition by range (logged_at)",
        columns.join(", ")
    ));
    for index in [
        "btree (key_hash)",
        "btree (actor, logged_at)",
        "brin (sequence)",
    ] {
        statement::run(&format!("create index on {qualified} using {index}"));
    }
    statement::run(&format!(
        "create trigger steward_guard before insert or update or delete on {qualified} \
         for each row execute function steward.{}({})",
        guard::FUNCTION,
        name::literal(period.name()),
    ));
    comment(&qualified);
    let log = find(schema, name).and_then(|table| super::of(&table));
    let log = log.unwrap_or_else(|| {
        Report::new(
            SqlState::INTERNAL_ERROR,
            format!("log {qualified} was made and is not there"),
        )
        .raise()
    });
    partitions::guard_against_truncate(&log, &qualified);
    log
}

/// A schema of its own, which is its owner's, since partitions are created there.
fn create_schema(schema: &str, owner: Option<&str>) {
    let found = statement::query(&format!(
        "select from pg_catalog.pg_namespace where nspname = {}",
        name::literal(schema),
    ));
    if !found.is_empty() {
        return;
    }
    let authorization = owner
        .map(|owner| format!(" authorization {}", name::identifier(owner)))
        .unwrap_or_default();
    statement::run(&format!(
        "create schema {}{authorization}",
        name::identifier(schema)
    ));
}

fn comment(qualified: &str) {
    statement::run(&format!(
        "comment on table {qualified} is 'Who changed what: an audit log of steward, written by audit triggers only.'"
    ));
    for (column, _, comment) in COLUMNS {
        statement::run(&format!(
            "comment on column {qualified}.{} is {}",
            name::identifier(column),
            name::literal(comment),
        ));
    }
}

/// Gives the log, its partitions and its seals to `owner`, as far as they are not his.
fn give_to(log: &Log, owner: &str) {
    let theirs = statement::query(&format!(
        "select n.nspname, c.relname from pg_catalog.pg_class as c \
         join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
         where (c.oid = {root} or c.oid in ( \
                 select inhrelid from pg_catalog.pg_inherits where inhparent = {root} \
                 union select tgrelid from pg_catalog.pg_trigger \
                 where tgconstrrelid = {root} and tgfoid = 'steward.{function}'::pg_catalog.regproc)) \
             and pg_catalog.pg_get_userbyid(c.relowner) <> {owner}",
        root = log.oid.to_u32(),
        function = guard::FUNCTION,
        owner = name::literal(owner),
    ));
    for table in theirs {
        let [Some(schema), Some(table)] = table.as_slice() else {
            continue;
        };
        statement::run(&format!(
            "alter table {} owner to {}",
            name::qualified(schema, table),
            name::identifier(owner),
        ));
    }
}
