//! A session or a runner that dies in the middle leaves all of a migration or nothing.

use std::process::Stdio;

use crate::fixture::{Database, Folder, Run, eventually, finished};

const SLEEPERS: &str = "select coalesce(min(pid)::text, '') from pg_stat_activity
    where wait_event = 'PgSleep' and datname = current_database()";

/// Starts `up` of a migration that sleeps between its statements, and does `harm` to its session.
fn interrupted(database: &Database, folder: &Folder, harm: impl FnOnce(&str, u32)) -> Run {
    let child = database
        .command(&folder.arguments(&["up"]))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    eventually("the migration sleeps", || {
        !database.value(SLEEPERS).is_empty()
    });
    harm(&database.value(SLEEPERS), child.id());
    finished(child)
}

fn sleeping_folder() -> Folder {
    let folder = Folder::with_tables(1);
    folder.pair(
        2,
        "create table a (id int);\nselect pg_sleep(60);\ncreate table b (id int);",
        "drop table a; drop table b;",
    );
    folder
}

fn nothing_remains(database: &Database, folder: &Folder) {
    assert_eq!(database.value("select to_regclass('a')::text"), "");
    assert_eq!(database.applied("public"), "1");
    folder.pair(
        2,
        "create table a (id int); create table b (id int);",
        "drop table a; drop table b;",
    );
    database.migrate(folder, &["up"]).succeeds();
    assert_eq!(database.applied("public"), "1 2");
}

#[test]
fn a_terminated_session_leaves_nothing() {
    let database = Database::new();
    let folder = sleeping_folder();
    interrupted(&database, &folder, |pid, _| {
        database.value(&format!("select pg_terminate_backend({pid})::text"));
    })
    .ends_with(6)
    .says(&["rolled back by the server", "V2__step_2.sql:2"]);
    nothing_remains(&database, &folder);
}

#[test]
fn a_cancelled_statement_leaves_nothing() {
    let database = Database::new();
    let folder = sleeping_folder();
    interrupted(&database, &folder, |pid, _| {
        database.value(&format!("select pg_cancel_backend({pid})::text"));
    })
    .ends_with(1)
    .says(&["57014"]);
    nothing_remains(&database, &folder);
}

#[test]
fn a_killed_runner_leaves_nothing() {
    let database = Database::new();
    let folder = sleeping_folder();
    interrupted(&database, &folder, |_, process| {
        let killed = std::process::Command::new("kill")
            .args(["-9", &process.to_string()])
            .status();
        assert!(killed.expect("kill runs").success());
    })
    .ends_with(-1);
    // The server looks for its client while the statement sleeps.
    let pid = database.value(SLEEPERS);
    eventually("the session is gone", || {
        database.value(&format!(
            "select count(*)::text from pg_stat_activity where pid::text = '{pid}'"
        )) == "0"
    });
    nothing_remains(&database, &folder);
}

#[test]
fn a_history_row_that_cannot_be_written_takes_the_migration_back() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    folder.pair(
        2,
        "create table a (id int);
         create function refuse() returns trigger language plpgsql as $$ begin raise 'no row'; end $$;
         create trigger refuse before insert on schema_migrations
            for each row execute function refuse();",
        "drop table a;",
    );
    database
        .migrate(&folder, &["up"])
        .ends_with(1)
        .says(&["no row"]);
    nothing_remains(&database, &folder);
}
