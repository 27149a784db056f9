//! Every bad input is met with a clear message and the right code.

use std::process::Stdio;

use crate::fixture::{Database, Folder, run, steward};

#[test]
fn no_server() {
    let folder = Folder::with_tables(1);
    let refused = run(steward(&folder.arguments(&["up"]))
        .env("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing"));
    refused.ends_with(6).says(&["ERROR:", "127.0.0.1"]);
}

#[test]
fn no_such_database() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    let url = database.url("postgres").replace(database.name(), "absent");
    run(steward(&folder.arguments(&["up"])).env("DATABASE_URL", url))
        .ends_with(6)
        .says(&["absent"]);
}

#[test]
fn unknown_blueprint() {
    Database::new()
        .steward(&["migrate", "up", "--blueprint", "new_fuze"])
        .ends_with(2)
        .says(&["there is no blueprint \"new_fuze\"", "new_fuse"]);
}

#[test]
fn neither_blueprint_nor_source() {
    for command in ["up", "down", "redo", "status", "plan", "verify"] {
        Database::new()
            .steward(&["migrate", command, "--yes"])
            .ends_with(2)
            .says(&["--blueprint", "--source", "new_fuse"]);
    }
}

#[test]
fn a_folder_that_is_not_there() {
    Database::new()
        .steward(&["migrate", "up", "--source", "/nowhere/at/all"])
        .says(&["/nowhere/at/all"]);
}

#[test]
fn broken_sql_names_file_line_and_sqlstate() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    folder.pair(
        2,
        "create table a (id int);\n\n-- größer\ncreate table b (\n    id int,\n    größe nosuchtype\n);\n",
        "drop table b; drop table a;",
    );
    folder.table(3);
    database.migrate(&folder, &["up"]).ends_with(1).says(&[
        "type \"nosuchtype\" does not exist",
        "SQLSTATE:  42704",
        "V2__step_2.sql:6",
        "HINT:  V2__step_2 was rolled back and left nothing behind.",
    ]);
    assert_eq!(database.applied("public"), "1");
    assert_eq!(database.value("select to_regclass('a')::text"), "");
}

#[test]
fn an_error_at_run_time_names_its_statement_with_detail_and_hint() {
    let database = Database::new();
    let folder = Folder::new();
    folder.pair(
        1,
        "create table a (id int primary key);\ninsert into a values (1);\n\n\ninsert into a\nvalues (1);\n",
        "drop table a;",
    );
    database.migrate(&folder, &["up"]).ends_with(1).says(&[
        "duplicate key",
        "DETAIL:  Key (id)=(1) already exists.",
        "23505",
        "V1__step_1.sql:5",
    ]);
    folder.pair(
        1,
        "select 1;\ndo $$ begin\n raise exception 'no' using detail = 'because', hint = 'try this', errcode = '55000';\nend $$;",
        "select 1;",
    );
    database.migrate(&folder, &["up"]).ends_with(1).says(&[
        "DETAIL:  because",
        "HINT:  try this\nV1__step_1 was rolled back",
        "CONTEXT:  PL/pgSQL function",
        "55000",
        "V1__step_1.sql:2",
    ]);
}

#[test]
fn an_error_at_commit_leaves_nothing() {
    let database = Database::new();
    let folder = Folder::new();
    folder.pair(
        1,
        "create table a (id int primary key, b int references a deferrable initially deferred);\ninsert into a values (1, 2);",
        "drop table a;",
    );
    database
        .migrate(&folder, &["up"])
        .ends_with(1)
        .says(&["23503"]);
    assert_eq!(database.applied("public"), "");
    assert_eq!(database.value("select to_regclass('a')::text"), "");
}

#[test]
fn a_commit_in_the_middle_is_refused_before_anything_runs() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    folder.pair(
        2,
        "create table a (id int);\ncommit;\nselect 1;",
        "drop table a;",
    );
    let refused = database.migrate(&folder, &["up"]);
    assert_ne!(refused.code, 0);
    refused.says(&["V2__step_2.sql:2", "commit"]);
    assert_eq!(
        database.value("select to_regclass('schema_migrations')::text"),
        ""
    );
}

#[test]
fn destruction_without_a_terminal_needs_yes() {
    let database = Database::new();
    let folder = Folder::with_tables(2);
    database.migrate(&folder, &["up"]).succeeds();
    for arguments in [
        &["down"][..],
        &["down", "--all"],
        &["redo"],
        &["goto", "1"],
        &["verify", "--restamp"],
    ] {
        database
            .migrate(&folder, arguments)
            .ends_with(8)
            .says(&["no terminal", "--yes"]);
        assert_eq!(database.applied("public"), "1 2", "{arguments:?}");
    }
    // The way up destroys nothing.
    database.migrate(&folder, &["goto", "2"]).succeeds();
}

#[test]
fn unknown_versions() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    for arguments in [
        &["up", "--to", "9"][..],
        &["goto", "9"],
        &["baseline", "9"],
        &["down", "--to", "9", "--yes"],
        &["up", "--to", "x"],
        &["up", "--steps", "0"],
        &["up", "--to", "1", "--steps", "1"],
    ] {
        database.migrate(&folder, arguments).ends_with(2);
    }
}

#[test]
fn redo_of_nothing() {
    let database = Database::new();
    let folder = Folder::with_tables(1);
    database.migrate(&folder, &["redo", "--yes"]).ends_with(1);
    database
        .migrate(&folder, &["down", "--yes"])
        .succeeds()
        .says(&["nothing to do"]);
}

#[test]
fn a_role_without_rights_is_told_what_it_needs() {
    let database = Database::new();
    let role = format!("{}_plain", database.name());
    database
        .client()
        .batch_execute(&format!("create role {role} login"))
        .expect("a role");
    let folder = Folder::with_tables(1);
    database
        .steward_as(&role, &folder.arguments(&["up"]))
        .ends_with(1)
        .says(&["42501", "grant usage, create on schema \"public\""]);
    database
        .steward_as(&role, &folder.arguments(&["up", "--schema", "app"]))
        .ends_with(1)
        .says(&["42501", "grant create on database"]);
}

#[test]
fn a_role_that_may_not_create_the_extension_gets_the_statement() {
    let database = Database::new();
    let available =
        database.value("select count(*)::text from pg_available_extensions where name = 'steward'");
    let role = format!("{}_owner", database.name());
    database
        .client()
        .batch_execute(&format!(
            "create role {role} login; create schema app authorization {role}"
        ))
        .expect("a role");
    let folder = Folder::new();
    folder.pair(1, "select steward.version();", "select 1;");
    let refused = database
        .steward_as(&role, &folder.arguments(&["up", "--schema", "app"]))
        .ends_with(1);
    if available == "1" {
        refused.says(&["42501", "superuser", "create extension steward;"]);
    } else {
        refused.says(&["PostgreSQL 1", "make install"]);
    }
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let database = Database::new();
    let folder = Folder::with_tables(30);
    let mut child = database
        .command(&folder.arguments(&["plan", "--quiet"]))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
