//! `steward audit log` and `show`: which entries, and what is shown of them.

use serde_json::json;

use crate::fixture::{AUDITOR, Database, TASKS, document};

#[test]
fn the_newest_change_comes_first() {
    let Some(database) = Database::kept(TASKS) else {
        return;
    };
    let run = database.audit(&["log"]).ends_with(0);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("SEQUENCE  TIME"), "{}", run.stdout);
    let cells = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(cells(lines[1])[2..], ["ben", "DELETE", "public.tasks", "2"]);
    let update = cells(lines[2]);
    assert_eq!(update[2..6], ["ben", "UPDATE", "public.tasks", "1"]);
    assert!(
        lines[2].ends_with("secret: (redacted), state: \"new\" -> \"done\""),
        "{}",
        lines[2]
    );
    assert_eq!(cells(lines[3])[2..], ["ada", "INSERT", "public.tasks", "2"]);
    assert_eq!(lines.len(), 5);
    assert!(!run.stdout.contains("xyzzy") && !run.stdout.contains("plugh"));
    assert_eq!(run.stderr, "");
}

#[test]
fn a_program_gets_the_values_as_they_are() {
    let Some(database) = Database::kept(
        "select steward.create_audit_log('audit.log');
         create table \"odd \"\"one\" (id bigint, part text, n numeric, primary key (id, part));
         select steward.audit('\"odd \"\"one\"', 'audit.log');
         insert into \"odd \"\"one\" values (9007199254740993, 'it''s', 0.12345678901234567890);",
    ) else {
        return;
    };
    let run = database.audit(&["log", "--format", "json"]).ends_with(0);
    assert!(
        run.stdout.contains("0.12345678901234567890"),
        "{}",
        run.stdout
    );
    let entry = document(&run)["entries"][0].take();
    assert_eq!(
        entry["key"],
        json!({"id": 9_007_199_254_740_993_i64, "part": "it's"})
    );
    assert_eq!(entry["before"], json!(null));
    assert_eq!(entry["table_name"], "odd \"one");
    assert!(entry["sequence"].is_i64());
    let name = "\"odd \"\"one\"";
    let key = "{\"part\": \"it's\", \"id\": \"9007199254740993\"}";
    assert_eq!(database.listed(&["--table", name, "--key", key]).len(), 1);
    database
        .audit(&["log", "--table", name, "--key", "1"])
        .ends_with(2)
        .says(&["the key of that table has several columns", "id, part"]);
}

#[test]
fn filters_narrow_what_is_listed() {
    let Some(database) = Database::kept(TASKS) else {
        return;
    };
    for (arguments, expected) in [
        (
            &[][..],
            &["INSERT 1", "INSERT 2", "UPDATE 1", "DELETE 2"][..],
        ),
        (
            &["--table", "tasks", "--key", "1"],
            &["INSERT 1", "UPDATE 1"],
        ),
        (
            &["--table", "tasks", "--key", " 01 "],
            &["INSERT 1", "UPDATE 1"],
        ),
        (&["--key", "{\"id\": 2}"], &["INSERT 2", "DELETE 2"]),
        (&["--user", "ada"], &["INSERT 1", "INSERT 2"]),
        (&["--user", "ada", "--until", "1h"], &[]),
        (
            &["--user", "ada", "--since", "1h"],
            &["INSERT 1", "INSERT 2"],
        ),
        (&["--since", "infinity"], &[]),
        (
            &["--since", "today", "--until", "tomorrow", "-n", "1"],
            &["DELETE 2"],
        ),
        (&["--action", "delete,update"], &["UPDATE 1", "DELETE 2"]),
        (
            &["--log", "audit.log", "--limit", "2"],
            &["UPDATE 1", "DELETE 2"],
        ),
    ] {
        assert_eq!(database.listed(arguments), expected, "{arguments:?}");
    }
}

#[test]
fn a_table_is_known_by_its_oid_then_by_its_name() {
    let Some(database) = Database::kept(
        "select steward.create_audit_log('audit.log');
         create table parts (id integer primary key, region text) ;
         create table whole (id integer, region text, primary key (id, region)) partition by list (region);
         create table whole_a partition of whole for values in ('a');
         create table whole_b partition of whole for values in ('b');
         select steward.audit('parts', 'audit.log');
         select steward.audit('whole', 'audit.log');
         insert into parts values (1, 'x');
         alter table parts rename to pieces;
         create table parts (id integer primary key);
         select steward.audit('parts', 'audit.log');
         insert into parts values (2);
         insert into whole values (3, 'a'), (4, 'b');",
    ) else {
        return;
    };
    assert_eq!(database.listed(&["--table", "pieces"]), ["INSERT 1"]);
    assert_eq!(database.listed(&["--table", "parts"]), ["INSERT 2"]);
    assert_eq!(
        database.listed(&["--table", "whole"]),
        ["INSERT 3/\"a\"", "INSERT 4/\"b\""]
    );
    assert_eq!(database.listed(&["--table", "whole_b"]), ["INSERT 4/\"b\""]);
    database.keeps("drop table parts");
    assert_eq!(database.listed(&["--table", "parts"]), ["INSERT 2"]);
    assert_eq!(database.listed(&["--table", "public.parts"]), ["INSERT 2"]);
    assert_eq!(
        database.listed(&["--table", "parts", "--key", "{\"id\": 2}"]),
        ["INSERT 2"]
    );
    assert_eq!(database.listed(&["--table", "pieces"]), ["INSERT 1"]);
}

/// As out of a dump: the oids may be those of other tables.
#[test]
fn entries_of_another_incarnation_are_known_by_name() {
    let Some(database) = Database::kept(
        "select steward.create_audit_log('audit.log');
         create table one (id integer primary key);
         create table other (id integer primary key);
         select steward.audit('one', 'audit.log');
         select steward.audit('other', 'audit.log');
         insert into one values (1);
         insert into other values (2);",
    ) else {
        return;
    };
    let swap =
        "update audit.log set (table_oid, root_oid) = (select c.oid, c.oid from pg_class as c
        where c.oid = case table_name when 'one' then 'other'::regclass else 'one'::regclass end)";
    database.run(&format!("{swap}, incarnation = 1"));
    assert_eq!(database.listed(&["--table", "one"]), ["INSERT 1"]);
    assert_eq!(database.listed(&["--table", "other"]), ["INSERT 2"]);
    // The control: in the present incarnation oids count.
    database.run("update audit.log set incarnation = steward.audit_incarnation('audit.log')");
    assert_eq!(database.listed(&["--table", "one"]), ["INSERT 2"]);
}

#[test]
fn an_entry_is_shown_column_by_column() {
    let Some(database) = Database::kept(TASKS) else {
        return;
    };
    let number = database.value("select sequence::text from audit.log where action = 'UPDATE'");
    let run = database.audit(&["show", &number]).ends_with(0);
    let (facts, columns) = run.stdout.split_once("\n\n").expect("two parts");
    assert!(
        facts.starts_with("UPDATE of public.tasks {\"id\": 1}\n"),
        "{facts}"
    );
    assert!(
        facts.contains("\n  Actor         ben\n  Known by      app.current_user_id\n"),
        "{facts}"
    );
    assert_eq!(
        columns,
        "COLUMN  BEFORE      AFTER\nsecret  (redacted)  (redacted)\nstate   \"new\"       \"done\"\n"
    );
    let document = database.document(&["show", &number]);
    assert_eq!(document["log"], "audit.log");
    assert_eq!(document["entry"]["after"]["state"], "done");
    database
        .audit(&["show", "99999"])
        .ends_with(1)
        .says(&["audit.log has no entry 99999"]);
    database
        .audit(&["show", "first"])
        .ends_with(2)
        .says(&["\"first\" is not an entry of audit.log"]);
}

#[test]
fn what_users_write_does_not_reach_the_terminal() {
    let Some(database) = Database::kept(&format!(
        "{TASKS}
         set app.current_user_id = e'\\x1b[2Jeve\\u009b';
         insert into tasks values (3, e'\\x1b[31m');
         truncate tasks;"
    )) else {
        return;
    };
    let run = database.audit(&["log"]).ends_with(0);
    assert!(run.stdout.contains("eve"), "{}", run.stdout);
    assert!(
        run.stdout.contains("TRUNCATE") && run.stdout.contains("about "),
        "{}",
        run.stdout
    );
    let number = database.value("select sequence::text from audit.log where key @> '{\"id\": 3}'");
    let shown = database.audit(&["show", &number]).ends_with(0).stdout;
    for text in [run.stdout, shown] {
        assert!(
            text.chars().all(|one| one == '\n' || !one.is_control()),
            "{text:?}"
        );
    }
}

#[test]
fn it_reads_with_the_rights_of_the_role() {
    let Some(database) = Database::kept(&format!(
        "{TASKS}
         grant usage on schema audit to auditor;
         grant select on audit.log to auditor;"
    )) else {
        return;
    };
    let list = ["audit", "log", "--format", "csv"];
    let run = database.steward_as(AUDITOR, &list).ends_with(0);
    assert_eq!(run.stdout.lines().count(), 5, "{}", run.stdout);
    assert!(
        run.stdout.starts_with("sequence,logged_at,action,"),
        "{}",
        run.stdout
    );
    database.run("alter table audit.log enable row level security");
    let run = database.steward_as(AUDITOR, &list).ends_with(0);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    run.says(&["audit.log has no such entry that you may see"]);
}
