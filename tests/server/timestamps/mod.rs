//! `track_updated_at`: what the stamp is, and when a row gets it.

use steward_tests::{Database, Role, Session, Test, tests};

mod attaching;
mod only_changes;
mod schema_changes;
mod statements;
mod tables;
mod types;

/// Every test of the capability.
pub(crate) fn all() -> Vec<Test> {
    [
        tests(),
        types::tests(),
        only_changes::tests(),
        statements::tests(),
        tables::tests(),
        schema_changes::tests(),
        attaching::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

tests![
    all_rows_of_a_transaction_carry_its_timestamp,
    a_trigger_with_the_clock_would_be_found_out,
    what_the_update_assigns_is_replaced,
    an_insert_is_left_to_the_default,
    an_update_without_effect_stamps_too,
    the_writer_needs_no_right_to_the_column,
    disabled_and_replica,
];

/// A table with two rows whose stamps lie in the past.
const TASKS: &str = "
    create table tasks (id integer primary key, title text, updated_at timestamptz);
    insert into tasks values (1, 'one', '2001-01-01'), (2, 'two', '2001-01-01')";

/// The rows that have the current transaction's timestamp.
const STAMPED: &str = "select id from tasks where updated_at = now() order by id";

fn owner_of_tracked_tasks(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(TASKS);
    owner.run("select steward.track_updated_at('tasks')");
    owner
}

/// Updates one row, waits, and updates the other: true where both have the transaction's timestamp.
fn stamps_are_the_transactions(owner: &mut Session) -> bool {
    owner.run("begin; update tasks set title = 'a' where id = 1; select pg_sleep(0.01)");
    owner.run("update tasks set title = 'b' where id = 2");
    let stamped = owner.rows(STAMPED);
    owner.run("commit");
    stamped == ["1", "2"]
}

fn all_rows_of_a_transaction_carry_its_timestamp(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    assert!(stamps_are_the_transactions(&mut owner));
    let first = owner.value("select distinct updated_at from tasks");
    assert!(stamps_are_the_transactions(&mut owner));
    let second = owner.value("select distinct updated_at from tasks");
    assert_ne!(first, second, "each transaction has its own timestamp");
}

fn a_trigger_with_the_clock_would_be_found_out(database: &Database) {
    for clock in [
        "clock_timestamp()",
        "statement_timestamp()",
        "old.updated_at",
    ] {
        let mut owner = database.owner();
        owner.run(&format!(
            "drop table if exists tasks; {TASKS};
             create or replace function stamp() returns trigger language plpgsql as
             $$ begin new.updated_at = {clock}; return new; end $$;
             create trigger stamp before update on tasks for each row execute function stamp()"
        ));
        assert!(!stamps_are_the_transactions(&mut owner), "{clock}");
    }
}

fn what_the_update_assigns_is_replaced(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    for value in [
        "'1999-01-01'",
        "null",
        "'infinity'",
        "default",
        "clock_timestamp()",
    ] {
        owner.run(&format!("begin; update tasks set updated_at = {value}"));
        assert_eq!(owner.rows(STAMPED), ["1", "2"], "{value}");
        owner.run("rollback");
    }
}

fn an_insert_is_left_to_the_default(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("insert into tasks values (3, 'three', '1999-09-09'), (4, 'four', default)");
    assert_eq!(
        owner.rows("select id, updated_at from tasks where id > 2 order by id"),
        ["3|1999-09-09 00:00:00+00", "4|NULL"]
    );
}

fn an_update_without_effect_stamps_too(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("begin; update tasks set title = title where id = 1");
    assert_eq!(owner.rows(STAMPED), ["1"]);
}

fn the_writer_needs_no_right_to_the_column(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("grant select, update (title) on tasks to writer");
    let mut writer = database.session(Role::Writer);
    writer.run("begin; update tasks set title = 'a' where id = 1");
    assert_eq!(writer.rows(STAMPED), ["1"]);
    writer.run("rollback");
    assert_eq!(
        writer.sqlstate("update tasks set updated_at = now()"),
        "42501"
    );
}

fn disabled_and_replica(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(
        "alter table tasks disable trigger steward_updated_at;
         begin; update tasks set title = 'a'",
    );
    assert!(
        owner.rows(STAMPED).is_empty(),
        "a disabled trigger does not fire"
    );
    owner.run("rollback; alter table tasks enable trigger steward_updated_at");

    let mut superuser = database.superuser();
    superuser.run("set session_replication_role = replica; begin; update tasks set title = 'a'");
    assert!(
        superuser.rows(STAMPED).is_empty(),
        "a replica does not fire it"
    );
    superuser.run("rollback; alter table tasks enable always trigger steward_updated_at");
    superuser.run("begin; update tasks set title = 'a'");
    assert_eq!(superuser.rows(STAMPED), ["1", "2"]);
}
