//! Two runners, and tables that somebody else has locked.

use std::process::Stdio;

use crate::fixture::{Database, Folder, eventually, finished};

/// The sessions of steward in the database of this test.
fn runners(database: &Database) -> String {
    database.value(&format!(
        "select count(*)::text from pg_stat_activity where datname = '{}' and application_name like 'steward%'",
        database.name()
    ))
}

#[test]
fn of_two_runners_one_applies_and_the_other_finds_nothing_to_do() {
    let database = Database::new();
    let folder = Folder::new();
    folder.pair(
        1,
        "create table t1 (id int); select pg_sleep(1);",
        "drop table t1;",
    );
    let arguments = folder.arguments(&["up"]);
    let start = || {
        database
            .command(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started")
    };
    let (one, other) = (start(), start());
    let runs = [finished(one).succeeds(), finished(other).succeeds()];
    let applied = |run: &&crate::fixture::Run| run.stderr.contains("applied V1__step_1");
    let waited = |run: &&crate::fixture::Run| {
        run.stderr.contains("waiting for another runner") && run.stderr.contains("nothing to do")
    };
    assert_eq!(runs.iter().filter(applied).count(), 1, "{runs:?}");
    assert_eq!(runs.iter().filter(waited).count(), 1, "{runs:?}");
    assert_eq!(database.applied("public"), "1");
}

#[test]
fn a_runner_that_waits_in_vain_names_the_holder() {
    let database = Database::new();
    let slow = Folder::new();
    slow.pair(1, "select pg_sleep(30);", "select 1;");
    let mut holder = database
        .command(&slow.arguments(&["up"]))
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    eventually("the holder sleeps", || {
        database.value("select count(*)::text from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()") == "1"
    });
    let pid = database.value("select pid::text from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()");
    let refused = database.migrate(&slow, &["up", "--lock-wait", "1"]);
    let other_schema = database.migrate(
        &Folder::with_tables(1),
        &["up", "--lock-wait", "0", "--schema", "other"],
    );
    holder.kill().expect("killed");
    holder.wait().expect("ended");
    database.value(&format!("select pg_terminate_backend({pid})::text"));
    refused.ends_with(5).says(&[
        &format!("process {pid} of user \"postgres\""),
        "application_name \"steward",
        "connected since",
        "--lock-wait",
    ]);
    other_schema.succeeds();
    eventually("the holder's session ends", || runners(&database) == "0");
    database
        .migrate(&Folder::with_tables(1), &["status"])
        .succeeds();
}

#[test]
fn a_locked_table_is_tried_again() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    database.migrate(&folder, &["up"]).succeeds();
    folder.pair(
        2,
        "alter table t1 add column a int;",
        "alter table t1 drop column a;",
    );
    let mut client = database.client();
    client
        .batch_execute("begin; lock table t1 in access share mode")
        .expect("locked");
    let child = database
        .command(&folder.arguments(&["up", "--lock-timeout", "100ms"]))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    std::thread::sleep(std::time::Duration::from_millis(700));
    client.batch_execute("commit").expect("unlocked");
    finished(child).succeeds().says(&[
        "a lock was not available (attempt 1 of 11)",
        "applied V2__step_2",
    ]);
}

#[test]
fn a_table_that_stays_locked_ends_the_attempts() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    database.migrate(&folder, &["up"]).succeeds();
    folder.pair(
        2,
        "create table t2 (id int);\nalter table t1 add column a int;",
        "drop table t2;",
    );
    let mut client = database.client();
    client
        .batch_execute("begin; lock table t1 in access share mode")
        .expect("locked");
    database
        .migrate(
            &folder,
            &["up", "--lock-timeout", "50ms", "--lock-retries", "2"],
        )
        .ends_with(1)
        .says(&["55P03", "Given up after 3 attempts", "V2__step_2.sql:2"]);
    assert_eq!(database.value("select to_regclass('t2')::text"), "");
    // The negative control: without a time limit it waits, and gets the lock.
    let child = database
        .command(&folder.arguments(&["up", "--lock-timeout", "0"]))
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("started");
    eventually("the migration waits for the lock", || {
        database.value("select count(*)::text from pg_locks where not granted") != "0"
    });
    client.batch_execute("commit").expect("unlocked");
    finished(child).succeeds();
}

#[test]
fn the_loss_of_the_lock_is_noticed_before_the_next_migration() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    // What a transaction pooler does, the migration does itself: the lock is gone afterwards.
    folder.pair(2, "select pg_advisory_unlock_all();", "select 1;");
    folder.table(3);
    database
        .migrate(&folder, &["up"])
        .ends_with(6)
        .says(&["this session does not hold it", "pool"]);
    assert_eq!(database.applied("public"), "1 2");
}
