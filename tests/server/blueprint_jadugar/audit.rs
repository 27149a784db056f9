//! Jadugar's `audit_logs`: what becomes of a change, through a role that may not write the log itself.

use steward_tests::{Database, Session, tests};

use super::{application, seeded};

tests![
    a_change_of_every_table_is_recorded,
    what_changes_by_itself_is_not,
    secrets_are_nowhere_in_the_log,
    an_unknown_actor_goes_into_the_changes,
    who_deletes_their_own_account_is_named,
    who_changed_something_stays,
    a_cascade_is_recorded_too,
    the_history_of_a_row,
    a_truncate_is_recorded,
    an_application_cannot_write_the_log,
    without_the_rule_nothing_is_recorded,
    the_seeds_are_recorded_as_the_administrators,
];

const ASHA: &str = "e4e686b5-9567-5f64-8e00-63acef45b841";
const INES: &str = "63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd";
/// In no record of the seeds.
const ROSA: &str = "f79b0363-4662-599b-8114-67e6d95bec60";

/// Runs a statement in the name of a user, in a transaction of its own.
#[track_caller]
fn act_as(session: &mut Session, user: &str, statement: &str) {
    session.run(&format!(
        "begin; set local app.current_user_id = '{user}'; {statement}; commit"
    ));
}

/// What was recorded after the first `known` records: user, action, entity type and id, changes.
fn recorded(session: &mut Session, known: &str) -> Vec<String> {
    session.rows(&format!(
        "select user_id, action, entity_type, entity_id, changes from audit_logs order by created_at offset {known}"
    ))
}

fn count(session: &mut Session) -> String {
    session.value("select count(*) from audit_logs")
}

/// An update of one column in every audited table, and what has to be recorded of it.
const CHANGES: &[(&str, &str, &str)] = &[
    ("users", "name = 'N'", r#""name": {"new": "N", "old": "#),
    ("api_keys", "name = 'N'", r#""name": {"new": "N", "old": "#),
    (
        "milestones",
        "title = 'T'",
        r#""title": {"new": "T", "old": "#,
    ),
    (
        "tasks",
        "priority = 'LOW'",
        r#""priority": {"new": "LOW", "old": "#,
    ),
    (
        "task_dependencies",
        "created_at = '2026-01-01 12:00+01'",
        r#""created_at": {"new": "2026-01-01T11:00:00+00:00", "old": "#,
    ),
    (
        "services",
        "status = 'UNKNOWN'",
        r#""status": {"new": "UNKNOWN", "old": "#,
    ),
    (
        "service_configs",
        "key = 'K'",
        r#""key": {"new": "K", "old": "#,
    ),
    (
        "notifications",
        "type = 'T'",
        r#""type": {"new": "T", "old": "#,
    ),
    (
        "webhooks",
        "events = '{e}'",
        r#""events": {"new": ["e"], "old": "#,
    ),
];

fn a_change_of_every_table_is_recorded(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    assert_eq!(
        writer.value("select rolsuper or rolbypassrls from pg_roles where rolname = current_user"),
        "f"
    );
    for (table, change, expected) in CHANGES {
        let id = writer.value(&format!("select id from {table} order by id limit 1"));
        let update = format!("update {table} set {change} where id = '{id}'");
        let known = count(&mut writer);
        act_as(&mut writer, INES, &update);
        let found = recorded(&mut writer, &known);
        let [record] = found.as_slice() else {
            panic!("one record expected: {found:?}");
        };
        let start = format!("{INES}|UPDATE|{table}|{id}|{{{expected}");
        assert!(record.starts_with(&start), "{record}");
        assert_eq!(record.matches("\"old\"").count(), 1, "one column: {record}");
        // It is stamped again, and that is all.
        act_as(&mut writer, INES, &update);
        assert_eq!(recorded(&mut writer, &known).len(), 1, "{update}");
    }
}

fn what_changes_by_itself_is_not(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let known = count(&mut writer);
    writer.run(
        "update services set last_check = now();
         update notifications set read = not read;
         update tasks set updated_at = now();
         update milestones set progress = 7",
    );
    assert_eq!(recorded(&mut writer, &known), [""; 0]);
    writer.run("update services set last_check = now(), status = 'DOWN' where name = 'mail'");
    let found = recorded(&mut writer, &known);
    assert_eq!(found.len(), 1);
    assert!(!found[0].contains("last_check"), "{found:?}");
}

/// Statements with a secret in each of the columns that hold one.
const SECRETS: &[&str] = &[
    "insert into users (email, name, password_hash, role) values ('s@example.com', 'S', 'S3CRET', 'VIEWER')",
    "update users set password_hash = 'S3CRET again'",
    "insert into api_keys (key_hash, name) values ('S3CRET', 'k')",
    "update api_keys set key_hash = 'S3CRET ' || id",
    "insert into webhooks (url, events) values ('https://chat.example.com/S3CRET', '{e}')",
    "update webhooks set url = 'https://chat.example.com/S3CRET'",
    "insert into service_configs (key, value) values ('token', '\"S3CRET\"')",
    "update service_configs set value = '{\"token\": \"S3CRET\"}'",
    "delete from users where email = 's@example.com'",
    "delete from api_keys",
    "delete from webhooks",
    "delete from service_configs",
];

fn secrets_are_nowhere_in_the_log(database: &Database) {
    let mut owner = seeded(database);
    let mut writer = application(database);
    let leaks = "select action, entity_type from audit_logs where audit_logs::text ~ 'S3CRET|not a hash|/hooks/'";
    for statement in SECRETS {
        let known = count(&mut writer);
        act_as(&mut writer, ASHA, statement);
        let found = recorded(&mut writer, &known);
        assert!(!found.is_empty(), "{statement}");
        assert!(
            found
                .iter()
                .all(|record| record.contains(r#"{"redacted": true}"#)),
            "{found:?}"
        );
    }
    assert_eq!(writer.rows(leaks), [""; 0]);
    // The control: without redact, it is there.
    owner.run(
        "select steward.audit('users', 'audit_logs', ignore => '{updated_at}');
         update users set password_hash = 'S3CRET' where name = 'Asha Menon'",
    );
    assert_eq!(writer.rows(leaks), ["UPDATE|users"]);
}

fn an_unknown_actor_goes_into_the_changes(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let change =
        "update tasks set priority = 'HIGH' where title = 'Plan who is on call in January'";
    let nobody = "11111111-2222-4333-8444-555555555555";
    for (actor, found_as) in [
        (
            nobody,
            r#""@actor": {"id": "11111111-2222-4333-8444-555555555555", "source": "app.current_user_id"}"#,
        ),
        (
            "nightly import",
            r#""@actor": {"id": "nightly import", "source": "app.current_user_id"}"#,
        ),
        ("", r#""@actor": {"id": "writer", "source": "role"}"#),
    ] {
        let known = count(&mut writer);
        writer.run(&format!(
            "begin; set local app.current_user_id = '{actor}'; {change}"
        ));
        let found = recorded(&mut writer, &known);
        let [record] = found.as_slice() else {
            panic!("one record expected: {found:?}");
        };
        assert!(record.starts_with("NULL|UPDATE|tasks|"), "{record}");
        assert!(record.contains(found_as), "{record}");
        writer.run("rollback");
    }
}

/// The first record that could name Rosa comes when she is gone.
fn who_deletes_their_own_account_is_named(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    writer.run("update tasks set created_by = null");
    let known = count(&mut writer);
    let delete = format!("delete from users where id = '{ROSA}'");
    act_as(&mut writer, ROSA, &delete);
    let found = recorded(&mut writer, &known);
    let start = format!("NULL|DELETE|users|{ROSA}|");
    let account = found.iter().find(|record| record.starts_with(&start));
    let actor = format!(r#""@actor": {{"id": "{ROSA}", "source": "app.current_user_id"}}"#);
    assert!(
        account.is_some_and(|record| record.contains(&actor)),
        "{found:?}"
    );
}

/// However little it was.
fn who_changed_something_stays(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    writer.run("update tasks set created_by = null");
    act_as(
        &mut writer,
        ROSA,
        "update services set status = 'DOWN' where name = 'mail'",
    );
    let refusal = writer.refusal(&format!("delete from users where id = '{ROSA}'"));
    assert!(
        refusal
            .to_string()
            .ends_with("\nCONSTRAINT: audit_logs_user_id_fkey"),
        "{refusal}"
    );
}

fn a_cascade_is_recorded_too(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let known = count(&mut writer);
    act_as(
        &mut writer,
        INES,
        "delete from tasks where title = 'Write the runbook for an outage'",
    );
    let mut found: Vec<_> = recorded(&mut writer, &known)
        .iter()
        .map(|record| record.splitn(4, '|').take(3).collect::<Vec<_>>().join("|"))
        .collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(
        found,
        [
            format!("{INES}|DELETE|task_dependencies"),
            format!("{INES}|DELETE|tasks")
        ]
    );
}

fn the_history_of_a_row(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    act_as(
        &mut writer,
        INES,
        "update tasks set status = 'COMPLETED' where title = 'Measure relevance against the old search'",
    );
    assert_eq!(
        writer.rows(
            "select h.action, u.name, h.before ->> 'status', h.after ->> 'status'
             from tasks as t, steward.history('tasks', t.id) as h join users as u on u.id::text = h.actor
             where t.title = 'Measure relevance against the old search'"
        ),
        [
            "INSERT|Asha Menon|NULL|IN_PROGRESS",
            "UPDATE|Ines Duarte|IN_PROGRESS|COMPLETED"
        ]
    );
}

fn a_truncate_is_recorded(database: &Database) {
    let mut owner = seeded(database);
    let known = count(&mut owner);
    owner.run("analyze notifications");
    act_as(&mut owner, ASHA, "truncate notifications");
    assert_eq!(
        recorded(&mut owner, &known),
        [format!(
            r#"{ASHA}|TRUNCATE|notifications|00000000-0000-0000-0000-000000000000|{{"@estimated_rows": 12}}"#
        )]
    );
}

fn an_application_cannot_write_the_log(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for statement in [
        "insert into audit_logs (action, entity_type, entity_id) select 'DELETE', 'tasks', id from tasks",
        "update audit_logs set user_id = null",
        "delete from audit_logs",
        "truncate audit_logs",
        "alter table tasks disable trigger steward_audit",
        "select steward.detach('tasks', 'audit')",
        "set session_replication_role = replica",
    ] {
        assert_eq!(writer.sqlstate(statement), "42501", "{statement}");
    }
}

fn without_the_rule_nothing_is_recorded(database: &Database) {
    let mut owner = seeded(database);
    let known = count(&mut owner);
    owner.run("select steward.detach('tasks', 'audit'); update tasks set priority = 'LOW'");
    assert_eq!(recorded(&mut owner, &known), [""; 0]);
}

fn the_seeds_are_recorded_as_the_administrators(database: &Database) {
    let mut owner = seeded(database);
    assert_eq!(
        owner.rows(&format!(
            "select count(*) from audit_logs where action = 'INSERT' and user_id = '{ASHA}' group by user_id, action"
        )),
        [owner.value(
            "select (select count(*) from users) + (select count(*) from api_keys) + (select count(*) from milestones)
                 + (select count(*) from tasks) + (select count(*) from task_dependencies) + (select count(*) from services)
                 + (select count(*) from service_configs) + (select count(*) from notifications) + (select count(*) from webhooks)"
        )]
    );
}
