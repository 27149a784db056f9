//! What cannot be done is said with what to do next.

use crate::fixture::{Database, NOBODY, TASKS};

#[test]
fn a_log_has_to_be_found() {
    let Some(database) = Database::kept("create table tasks (id integer primary key)") else {
        return;
    };
    database.audit(&["log"]).ends_with(1).says(&[
        "this database has no audit log",
        "select steward.create_audit_log('audit.log');",
    ]);
    database.keeps(
        "select steward.create_audit_log('audit.log'); select steward.create_audit_log('other.\"Log\"');
         select steward.audit('tasks', 'audit.log');",
    );
    database.audit(&["log"]).ends_with(2).says(&[
        "changes are recorded in several tables",
        "audit.log, other.\"Log\"",
        "--log TABLE",
    ]);
    assert_eq!(database.listed(&["--log", "other.\"Log\""]), [""; 0]);
    // Only one of them is written by the table that is asked about.
    assert_eq!(database.listed(&["--table", "tasks"]), [""; 0]);
    database
        .audit(&["log", "--log", "other.Log"])
        .ends_with(1)
        .says(&[
            "table \"other.Log\" does not exist",
            "Name one of: audit.log, other.\"Log\".",
        ]);
    database
        .audit(&["seal", "--log", "audit.log_default"])
        .ends_with(1)
        .says(&[
            "audit.log_default is a partition of log audit.log",
            "--log audit.log",
        ]);
}

#[test]
fn a_database_without_the_extension_is_told() {
    let Some(database) = Database::new("") else {
        return;
    };
    for command in [&["log"][..], &["export"], &["verify"]] {
        database
            .steward(&[&["audit"], command].concat())
            .ends_with(1)
            .says(&[
                "the extension steward is not installed",
                "create extension steward;",
            ]);
    }
}

#[test]
fn who_may_not_read_is_told_whom_to_ask() {
    let Some(database) = Database::kept(TASKS) else {
        return;
    };
    for command in [&["log"][..], &["export"], &["show", "1"]] {
        database
            .steward_as(NOBODY, &[&["audit"], command].concat())
            .ends_with(1)
            .says(&[
                "permission denied for",
                "grant usage on schema audit to ...; grant select on audit.log to ...;",
            ]);
    }
}

#[test]
fn a_filter_that_cannot_be_read_is_refused() {
    let Some(database) = Database::kept(TASKS) else {
        return;
    };
    for (arguments, code, parts) in [
        (
            &["--table", "nothing"][..],
            1,
            &["table \"nothing\" does not exist"][..],
        ),
        (
            &["--table", "a b"],
            1,
            &["--table: string is not a valid identifier"],
        ),
        (
            &["--table", "tasks", "--key", "one"],
            1,
            &["--key: invalid input syntax for type integer", "22P02"],
        ),
        (
            &["--key", "1"],
            2,
            &["--key needs the table whose key it is", "--table TABLE"],
        ),
        (&["--since", "5m"], 2, &["a number up to 65535 with a unit"]),
        (
            &["--since", "someday"],
            1,
            &["--since: invalid input syntax for type timestamp"],
        ),
        (
            &["--action", "select"],
            2,
            &["no log records the action SELECT", "INSERT, UPDATE"],
        ),
        (&["--limit", "0"], 2, &["0 is not in 1.."]),
        (
            &["--user", "x'); drop table tasks; --"],
            0,
            &["no such entry"],
        ),
        (
            &["--table", "tasks\"; drop table tasks; --"],
            1,
            &["--table:"],
        ),
    ] {
        database
            .audit(&[&["log"], arguments].concat())
            .ends_with(code)
            .says(parts);
    }
    assert_eq!(database.listed(&["--limit", "1"]), ["DELETE 2"]);
    database
        .audit(&["export", "--table", "nothing"])
        .ends_with(1)
        .says(&["table \"nothing\" does not exist"]);
}
