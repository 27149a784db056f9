//! What is printed, and where.

use serde_json::Value;

use crate::fixture::{Database, Folder, run};

#[test]
fn status_as_a_table_and_as_json() {
    let database = Database::new();
    let folder = Folder::with_tables(2);
    database
        .migrate(&folder, &["status", "--exit-code"])
        .ends_with(3);
    database
        .migrate(&folder, &["up", "--steps", "1"])
        .succeeds();
    let table = database.migrate(&folder, &["status"]).succeeds();
    let lines: Vec<_> = table.stdout.lines().collect();
    assert!(
        lines[0].starts_with("VERSION  NAME    STATE    APPLIED ON"),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("1        step_1  applied  20"),
        "{lines:?}"
    );
    assert_eq!(lines[2], "2        step_2  pending");
    let json = database
        .migrate(&folder, &["status", "--format", "json", "--exit-code"])
        .ends_with(3)
        .json();
    assert_eq!(json["schema"], "public");
    assert_eq!(json["counts"]["applied"], 1);
    assert_eq!(json["counts"]["pending"], 1);
    assert_eq!(json["migrations"][1]["state"], "pending");
    database.migrate(&folder, &["up"]).succeeds();
    database
        .migrate(&folder, &["status", "--exit-code"])
        .succeeds();
}

#[test]
fn what_was_done_goes_to_stderr_or_as_json_to_stdout() {
    let database = Database::new();
    let folder = Folder::with_tables(2);
    let up = database.migrate(&folder, &["up"]).succeeds();
    assert_eq!(up.stdout, "");
    let down = database
        .migrate(&folder, &["down", "--yes", "--format", "json"])
        .succeeds()
        .json();
    assert_eq!(down["reverted"][0]["version"], 2);
    assert!(
        down["reverted"][0]["duration_ms"]
            .as_f64()
            .expect("a number")
            > 0.0
    );
    let quiet = database.migrate(&folder, &["up", "--quiet"]).succeeds();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

#[test]
fn errors_are_json_when_json_is_asked_for() {
    let database = Database::new();
    let folder = Folder::new();
    folder.pair(1, "select 1;\nselect nothing;", "select 1;");
    let failed = database
        .migrate(&folder, &["up", "--format", "json"])
        .ends_with(1);
    assert_eq!(failed.stdout, "");
    let error: Value = serde_json::from_str(&failed.stderr).expect("JSON and nothing else");
    assert_eq!(error["schema_version"], 1);
    assert_eq!(error["exit_code"], 1);
    assert_eq!(error["error"]["sqlstate"], "42703");
    assert_eq!(error["error"]["location"]["line"], 2);
}

#[test]
fn a_plan_is_sql_that_psql_could_run() {
    let database = Database::new();
    let folder = Folder::with_tables(2);
    let plan = database
        .migrate(&folder, &["plan", "--schema", "app", "--to", "1"])
        .succeeds();
    for part in [
        "create schema \"app\";",
        "create table \"app\".schema_migrations",
        "V1__step_1.sql (version 1)",
        "begin;\ncreate table t1 (id int);\ncommit;",
    ] {
        assert!(plan.stdout.contains(part), "no {part} in {}", plan.stdout);
    }
    assert!(!plan.stdout.contains("t2"));
    database
        .client()
        .batch_execute(&plan.stdout)
        .expect("it runs");
    assert_eq!(
        database.value("select to_regclass('app.t1')::text"),
        "app.t1"
    );
}

#[test]
fn notices_are_shown_to_the_curious_and_warnings_to_everyone() {
    let database = Database::new();
    let folder = Folder::new();
    folder.pair(
        1,
        "do $$ begin raise notice 'a notice'; raise warning 'a warning'; end $$;",
        "select 1;",
    );
    let normal = database.migrate(&folder, &["up", "--quiet"]).succeeds();
    assert!(
        normal.stderr.contains("WARNING:  a warning"),
        "{}",
        normal.stderr
    );
    assert!(!normal.stderr.contains("a notice"), "{}", normal.stderr);
    let database = Database::new();
    database
        .migrate(&folder, &["up", "-v"])
        .succeeds()
        .says(&["NOTICE:  a notice", "V1__step_1.sql:1"]);
}

#[test]
fn colour_is_for_those_who_ask() {
    let coloured = |arguments: &[&str], no_color: bool| {
        let database = Database::new();
        let mut command = database.command(arguments);
        if no_color {
            command.env("NO_COLOR", "1");
        }
        run(&mut command).stderr.contains('\u{1b}')
    };
    assert!(coloured(&["migrate", "up", "--color", "always"], false));
    assert!(!coloured(&["migrate", "up"], false));
    assert!(!coloured(&["migrate", "up", "--color", "auto"], true));
    assert!(!coloured(&["migrate", "up", "--color", "never"], false));
}

#[test]
fn new_writes_both_files_and_prints_their_paths() {
    let database = Database::new();
    let folder = Folder::new();
    let path = folder.path().to_str().expect("UTF-8");
    let created = database
        .steward(&["migrate", "new", "add_users", "--source", path])
        .succeeds();
    let files: Vec<_> = created.stdout.lines().collect();
    assert_eq!(files.len(), 2);
    assert!(
        files
            .iter()
            .all(|file| std::path::Path::new(file).is_file())
    );
    let refused = database.steward(&["migrate", "new", "add users!", "--source", path]);
    assert_ne!(refused.code, 0);
}
