//! Who may audit into which log, and that who writes an audited table needs no right on it.

use steward_tests::{Database, Role, tests};

use crate::errors::assert_must_be_owner;

use super::{AUDIT, count, owner_with_log};

tests![
    the_writer_needs_no_rights_on_the_log,
    the_log_is_not_written_by_hand,
    only_the_owner_attaches,
    a_log_of_somebody_else,
    a_member_attaches,
    partitions_of_another_owner,
    a_log_that_its_writer_may_not_use,
];

fn the_writer_needs_no_rights_on_the_log(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key)");
    owner.run(AUDIT);
    owner.run("grant insert, update, delete, truncate, select on tasks to writer; alter table audit.log enable row level security, force row level security");
    let mut writer = database.session(Role::Writer);
    assert_eq!(writer.sqlstate("select from audit.log"), "42501");
    writer.run(
        "insert into tasks values (1); update tasks set id = 2; delete from tasks; truncate tasks",
    );
    assert_eq!(count(&mut database.superuser(), "audit.log"), 5);
    // Past its indexes that are computed, too.
    owner.run("create index on audit.log (lower(actor))");
    writer.run("insert into tasks values (1)");
    assert_eq!(count(&mut database.superuser(), "audit.log"), 6);
    assert_eq!(writer.value("select current_user"), "writer");
}

fn the_log_is_not_written_by_hand(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key)");
    owner.run(AUDIT);
    owner.run("insert into tasks values (1); grant all on schema audit to writer; grant all on all tables in schema audit to writer; grant all on all sequences in schema audit to writer");
    let partition = owner.value("select tableoid::regclass from audit.log");
    for role in [Role::Owner, Role::Member, Role::Writer] {
        let mut session = database.session(role);
        for table in ["audit.log", &partition] {
            for statement in [
                format!("insert into {table} select * from audit.log"),
                format!("update {table} set actor = 'x'"),
                format!("delete from {table}"),
                format!("truncate {table}"),
                format!(
                    "merge into {table} using (values (1)) as v on true when matched then delete"
                ),
            ] {
                assert_eq!(session.sqlstate(&statement), "42501", "{role}: {statement}");
            }
        }
    }
    assert_eq!(count(&mut owner, "audit.log"), 1);
}

fn only_the_owner_attaches(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key); grant all on tasks to writer; grant usage on schema audit to writer; grant all on audit.log to writer");
    let mut writer = database.session(Role::Writer);
    assert_must_be_owner(&writer.refusal(AUDIT), "public", "tasks");
    owner.run(AUDIT);
    assert_eq!(
        writer.sqlstate("select steward.detach('tasks', 'audit')"),
        "42501"
    );
}

fn a_log_of_somebody_else(database: &Database) {
    let mut owner = owner_with_log(database);
    let mut stranger = database.session(Role::Stranger);
    stranger.run("set search_path = stranger; create table tasks (id integer primary key)");
    owner.run("grant usage on schema audit to stranger; grant select, update, delete, references, trigger on audit.log to stranger");
    let refusal = stranger.refusal(AUDIT);
    assert_eq!(
        refusal.to_string(),
        "42501: permission denied for audit log audit.log\n\
         DETAIL: Who audits into a log of somebody else's needs the right to INSERT on it; writing it past the audit triggers is refused all the same.\n\
         HINT: grant insert on audit.log to ...; -- as the owner of the log\n\
         SCHEMA: audit\n\
         TABLE: log"
    );
    owner.run("revoke all on audit.log from stranger; grant insert on audit.log to stranger");
    stranger.run(AUDIT);
    stranger.run("insert into tasks values (1); truncate tasks");
    assert_eq!(
        owner.rows(
            "select schema_name, table_name, action, invoking_role from audit.log order by sequence"
        ),
        [
            "stranger|tasks|INSERT|stranger",
            "stranger|tasks|TRUNCATE|stranger"
        ]
    );
    // INSERT makes nobody a writer by hand.
    assert_eq!(stranger.sqlstate("insert into audit.log (logged_at, transaction, transaction_at, table_oid, root_oid, incarnation, action, schema_name, table_name, session_role, invoking_role)
        values (now(), '1', now(), 1, 1, 1, 'INSERT', 's', 't', 'r', 'r')"), "42501");
    // Nor does it let one bind a trigger of one's own.
    assert_eq!(
        stranger.sqlstate("create constraint trigger t after insert on tasks from audit.log for each row execute function steward.record_change()"),
        "42501"
    );
    // Nothing was attached as anybody else.
    assert_eq!(stranger.value("select current_user"), "stranger");
    stranger.run("select steward.detach('tasks', 'audit')");
}

fn a_member_attaches(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key)");
    let mut member = database.session(Role::Member);
    member.run(AUDIT);
    member.run("insert into tasks values (1)");
    assert_eq!(owner.value("select actor from audit.log"), "member");
    member.run("select steward.detach('tasks', 'audit')");
}

fn partitions_of_another_owner(database: &Database) {
    let mut owner = owner_with_log(database);
    let mut superuser = database.superuser();
    owner.run("create table tasks (id integer primary key) partition by range (id); create table part partition of tasks for values from (0) to (10)");
    owner.run("create table own (action text, changes jsonb)");
    superuser.run("alter table part owner to stranger");
    // The rows are recorded for the owner of the whole; a trigger on TRUNCATE takes the partition's.
    assert_eq!(owner.sqlstate(AUDIT), "42501");
    superuser.run("grant trigger on part to owner");
    for destination in ["audit.log", "own"] {
        owner.run(&format!(
            "select steward.audit('tasks', '{destination}', actions => '{{INSERT,UPDATE,DELETE}}')"
        ));
    }
    owner.run("grant usage on schema public to stranger");
    let mut stranger = database.session(Role::Stranger);
    stranger.run("insert into public.part values (1)");
    assert_eq!(count(&mut owner, "audit.log"), 1);
    assert_eq!(count(&mut owner, "own"), 1);
}

/// Rights that are taken away later silence nobody: recording needs none.
fn a_log_that_its_writer_may_not_use(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key)");
    owner.run(AUDIT);
    owner.run("revoke all on audit.log from owner; revoke all on schema audit from owner; insert into tasks values (1)");
    let mut superuser = database.superuser();
    superuser.run("revoke all on all sequences in schema audit from owner");
    owner.run("insert into tasks values (2)");
    assert_eq!(count(&mut superuser, "audit.log"), 2);
}
