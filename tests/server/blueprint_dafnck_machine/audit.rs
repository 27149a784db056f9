//! DafnckMachine's audit log: what becomes of a change, through a role that may not write the log itself.

use steward_tests::{Database, Session, tests};

use super::{application, seeded};

tests![
    a_change_of_every_table_is_recorded,
    what_changes_by_itself_is_not,
    secrets_are_nowhere_in_the_log,
    the_history_of_a_row,
    a_document_is_put_back,
    nobody_writes_the_log,
    without_the_rule_nothing_is_recorded,
    the_seeds_are_recorded_as_the_administrators,
];

const EMIL: &str = "4bbf66a3-1145-5c11-85a1-4088e9fb7717";
const NOOR: &str = "08506aea-6d48-56f8-b6cf-b53bd949c60e";

/// Runs a statement in the name of a user, in a transaction of its own.
#[track_caller]
fn act_as(session: &mut Session, user: &str, statement: &str) {
    session.run(&format!(
        "begin; set local app.current_user_id = '{user}'; {statement}; commit"
    ));
}

fn last(session: &mut Session) -> String {
    session.value("select coalesce(max(sequence), 0) from audit_log")
}

/// What was recorded after an entry.
fn recorded(session: &mut Session, last: &str) -> Vec<String> {
    session.rows(&format!(
        "select actor, action, table_name, before, after from audit_log where sequence > {last} order by sequence"
    ))
}

fn a_change_of_every_table_is_recorded(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for (table, change, expected) in [
        ("users", "first_name = 'N'", r#"{"first_name": "N"}"#),
        (
            "projects",
            "visibility = 'internal'",
            r#"{"visibility": "internal"}"#,
        ),
        (
            "project_members",
            "role = 'viewer'",
            r#"{"role": "viewer"}"#,
        ),
        ("tasks", "priority = 'urgent'", r#"{"priority": "urgent"}"#),
        ("documents", "tags = '{a,b}'", r#"{"tags": ["a", "b"]}"#),
    ] {
        let known = last(&mut writer);
        let update = format!(
            "update {table} set {change}
             where id = (select id from {table} where not ({change_holds}) order by id limit 1)",
            change_holds = change.replace(" = ", " is not distinct from ")
        );
        act_as(&mut writer, EMIL, &update);
        let found = recorded(&mut writer, &known);
        let [record] = found.as_slice() else {
            panic!("one record expected: {found:?}");
        };
        assert!(
            record.starts_with(&format!("{EMIL}|UPDATE|{table}|"))
                && record.ends_with(&format!("|{expected}")),
            "{record}"
        );
    }
}

fn what_changes_by_itself_is_not(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let known = last(&mut writer);
    writer.run(
        "update users set updated_at = now(); update projects set updated_at = now(); update tasks set updated_at = now();
         update documents set updated_at = now();
         insert into user_sessions (user_id, session_token, expires_at) select id, username, now() from users",
    );
    assert_eq!(recorded(&mut writer, &known), [""; 0]);
    assert!(writer.holds("select bool_and(last_login_at > now() - interval '1 hour') from users"));
}

fn secrets_are_nowhere_in_the_log(database: &Database) {
    let mut owner = seeded(database);
    let mut writer = application(database);
    let leaks =
        "select action, table_name from audit_log where audit_log::text ~ 'S3CRET|not a token'";
    for statement in [
        "insert into users (email, username, password_hash) values ('s@example.com', 'sss', 'S3CRET')",
        "update users set password_hash = 'S3CRET again'",
        "delete from users where username = 'sss'",
    ] {
        let known = last(&mut writer);
        act_as(&mut writer, NOOR, statement);
        let found = recorded(&mut writer, &known);
        assert!(
            !found.is_empty()
                && found
                    .iter()
                    .all(|record| record.contains(r#"{"redacted": true}"#)),
            "{found:?}"
        );
    }
    writer.run(
        "insert into user_sessions (user_id, session_token, refresh_token, expires_at)
             select id, 'S3CRET', 'S3CRET too', now() from users limit 1;
         delete from user_sessions",
    );
    assert_eq!(writer.rows(leaks), [""; 0]);
    // The control: without redact, it is there.
    owner.run(
        "select steward.audit('users', 'audit_log', ignore => '{updated_at,last_login_at}');
         update users set password_hash = 'S3CRET' where username = 'piet.maas'",
    );
    assert_eq!(writer.rows(leaks), ["UPDATE|users"]);
}

fn the_history_of_a_row(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    act_as(
        &mut writer,
        EMIL,
        "select complete_task(id) from tasks where title = 'Pay by card'",
    );
    assert_eq!(
        writer.rows(
            "select h.action, u.username, h.before ->> 'status', h.after ->> 'status'
             from tasks as t, steward.history('tasks', t.id) as h join users as u on u.id::text = h.actor
             where t.title = 'Pay by card'"
        ),
        [
            "INSERT|noor.haddad|NULL|in_progress",
            "UPDATE|emil.strand|in_progress|done"
        ]
    );
}

/// That is a change like others: it makes a version.
fn a_document_is_put_back(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let document = "select version, content like '# Fares%' from documents where title = 'Fares and discounts'";
    writer.run("update documents set content = 'x' where title = 'Fares and discounts'");
    assert_eq!(writer.value(document), "4|f");
    writer.run(
        "select steward.undo('documents', d.id, (select max(sequence) from steward.history('documents', d.id)))
         from documents as d where title = 'Fares and discounts'",
    );
    assert_eq!(writer.value(document), "5|t");
    assert_eq!(
        writer.value("select count(*) from document_versions as v join documents as d on d.id = document_id where title = 'Fares and discounts'"),
        "5"
    );
}

fn nobody_writes_the_log(database: &Database) {
    let mut owner = seeded(database);
    let mut writer = application(database);
    for statement in [
        "insert into audit_log select * from audit_log",
        "update audit_log set actor = 'somebody'",
        "delete from audit_log",
        "truncate audit_log",
    ] {
        assert_eq!(writer.sqlstate(statement), "42501", "{statement}");
        assert_eq!(owner.sqlstate(statement), "42501", "{statement}");
    }
    let problems = "select * from steward.verify_audit('audit_log')";
    owner.run("select steward.seal_audit('audit_log')");
    assert_eq!(owner.rows(problems), [""; 0]);
}

fn without_the_rule_nothing_is_recorded(database: &Database) {
    let mut owner = seeded(database);
    let known = last(&mut owner);
    owner.run("select steward.detach('tasks', 'audit'); update tasks set priority = 'low'");
    assert_eq!(recorded(&mut owner, &known), [""; 0]);
}

fn the_seeds_are_recorded_as_the_administrators(database: &Database) {
    let mut owner = seeded(database);
    assert_eq!(
        owner.rows(
            "select actor, count(*) from audit_log where action = 'INSERT' group by actor"
        ),
        [format!(
            "{NOOR}|{}",
            owner.value(
                "select (select count(*) from users) + (select count(*) from projects) + (select count(*) from project_members)
                     + (select count(*) from tasks) + (select count(*) from documents)"
            )
        )]
    );
}
