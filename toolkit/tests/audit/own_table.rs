//! A table of the user's own, as the blueprint Jadugar has it.

use serde_json::json;

use crate::fixture::Database;

const OWN: &str = "
    create table users (id uuid primary key, name text);
    create table audit_logs (
        id uuid default gen_random_uuid() primary key,
        user_id uuid references users (id),
        action varchar(50) not null,
        entity_type varchar(50) not null,
        entity_id uuid not null,
        changes jsonb,
        created_at timestamptz default current_timestamp
    );
    create index on audit_logs (user_id);
    create table api_keys (id uuid primary key, label text, hash text);
    select steward.audit('api_keys', 'audit_logs', redact => '{hash}');
    insert into users values ('00000000-0000-0000-0000-0000000000aa', 'Ada');
    set app.current_user_id = '00000000-0000-0000-0000-0000000000aa';
    insert into api_keys values ('00000000-0000-0000-0000-000000000001', 'first', 'xyzzy');
    update api_keys set label = 'second', hash = 'plugh';
    set app.current_user_id = '00000000-0000-0000-0000-0000000000bb';
    insert into api_keys values ('00000000-0000-0000-0000-000000000002', 'other', 'quux');
    insert into audit_logs (action, entity_type, entity_id, changes, created_at)
    values ('login', 'session', '00000000-0000-0000-0000-000000000003', '{\"ip\": \"::1\"}', '2020-01-01');";

const FIRST: &str = "00000000-0000-0000-0000-000000000001";
const SECOND: &str = "00000000-0000-0000-0000-000000000002";
const THIRD: &str = "00000000-0000-0000-0000-000000000003";

#[test]
fn it_is_listed_by_its_columns() {
    let Some(database) = Database::kept(OWN) else {
        return;
    };
    let (first, second, third) = (
        format!("INSERT {FIRST}"),
        format!("INSERT {SECOND}"),
        format!("login {THIRD}"),
    );
    let update = format!("UPDATE {FIRST}");
    let (ada, gone) = (
        "00000000-0000-0000-0000-0000000000AA",
        "00000000-0000-0000-0000-0000000000bb",
    );
    for (arguments, expected) in [
        (&[][..], &[&third, &first, &update, &second][..]),
        (&["--log", "audit_logs", "--limit", "1"], &[&second]),
        (&["--table", "api_keys", "--key", FIRST], &[&first, &update]),
        (&["--key", FIRST], &[&first, &update]),
        (&["--table", "session"], &[&third]),
        (&["--user", ada], &[&first, &update]),
        // Who is not among the users stands in changes.
        (&["--user", gone], &[&second]),
        (&["--user", "keeper"], &[]),
        (&["--until", "2020-01-02"], &[&third]),
        (&["--since", "1h", "--action", "update"], &[&update]),
        (&["--action", "LOGIN"], &[&third]),
    ] {
        let expected: Vec<_> = expected.iter().map(|one| (*one).clone()).collect();
        assert_eq!(database.listed(arguments), expected, "{arguments:?}");
    }
    let run = database.audit(&["log"]).ends_with(0);
    assert!(run.stdout.starts_with("ID "), "{}", run.stdout);
    assert!(
        run.stdout
            .contains("hash: (redacted), label: \"first\" -> \"second\""),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains("xyzzy") && !run.stdout.contains("plugh"));
}

#[test]
fn an_entry_is_named_by_its_primary_key() {
    let Some(database) = Database::kept(OWN) else {
        return;
    };
    let id = database.value("select id::text from audit_logs where action = 'UPDATE'");
    let run = database.audit(&["show", &id]).ends_with(0);
    assert!(
        run.stdout
            .contains("\nhash    (redacted)  (redacted)\nlabel   \"first\"     \"second\"\n"),
        "{}",
        run.stdout
    );
    let id = database.value("select id::text from audit_logs where action = 'login'");
    let run = database.audit(&["show", &id]).ends_with(0);
    assert!(
        run.stdout.contains("ip              \"::1\""),
        "{}",
        run.stdout
    );
    assert_eq!(
        database.document(&["show", &id])["entry"]["changes"],
        json!({"ip": "::1"})
    );
    database
        .audit(&["show", "5"])
        .ends_with(2)
        .says(&["An entry is named by its id."]);
}

#[test]
fn it_is_exported_as_it_is() {
    let Some(database) = Database::kept(OWN) else {
        return;
    };
    let run = database
        .audit(&["export", "--log", "audit_logs"])
        .ends_with(0);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(
        lines[0],
        "id,user_id,action,entity_type,entity_id,changes,created_at"
    );
    assert!(lines[1].contains(",,login,session,"), "{}", lines[1]);
    assert_eq!(lines.len(), 5);
}

#[test]
fn it_has_neither_partitions_nor_seals() {
    let Some(database) = Database::kept(OWN) else {
        return;
    };
    for command in [
        &["extend"][..],
        &["seal"],
        &["verify"],
        &["trim", "--keep", "1y", "--yes"],
    ] {
        database.audit(command).ends_with(1).says(&[
            "this database has no audit log",
            "neither partitions nor seals: public.audit_logs",
        ]);
        database
            .audit(&[command, &["--log", "audit_logs"]].concat())
            .ends_with(1)
            .says(&["table public.audit_logs is no audit log"]);
    }
    database
        .audit(&["log", "--log", "users"])
        .ends_with(1)
        .says(&["table public.users is no audit log", "action, and changes"]);
}
