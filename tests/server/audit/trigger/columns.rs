//! Columns that are ignored, and columns whose values nobody may find again.

use steward_tests::{Database, Session, tests};

use super::{count, entries, owner_with_log, whole_log};

tests![
    what_is_ignored_never_appears,
    what_is_redacted_never_appears,
    a_redacted_value_is_in_no_error,
    a_key_that_is_redacted,
    a_redacted_column_that_becomes_the_key,
    a_control_that_does_not_redact_is_found_out,
];

const SECRET: &str = "5ecret";

fn what_is_ignored_never_appears(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, title text, noise text)");
    owner.run("select steward.audit('tasks', 'audit.log', ignore => '{noise}')");
    owner.run(
        "insert into tasks values (1, 'a', '5ecret'); update tasks set noise = '5ecret2'; update tasks set noise = '5ecret3', title = 'b';
         update tasks set id = 2; delete from tasks",
    );
    assert_eq!(count(&mut owner, "audit.log"), 5);
    let log = whole_log(&mut owner);
    assert!(!log.contains(SECRET) && !log.contains("noise"), "{log}");
}

/// A table of secrets of many types, written in every way.
fn write_secrets(owner: &mut Session, destination: &str) {
    owner.run(&format!(
        "create table tasks (
             id integer primary key, title text, hash text, number bigint, document jsonb, list text[], born date,
             picture bytea
         );
         select steward.audit('tasks', '{destination}', redact => '{{hash, number, document, list, born, picture}}')",
    ));
    owner.run(
        "insert into tasks values (1, 'a', '5ecret', 7755331, '{\"5ecret\": \"5ecret\"}', '{5ecret}', '1987-06-05', '5ecret');
         insert into tasks (id) values (2);
         update tasks set hash = '5ecret2' where id = 1;
         update tasks set title = 'b' where id = 1;
         update tasks set hash = null, number = 7755332, document = null, list = null, born = null, picture = null where id = 1;
         update tasks set hash = '5ecret4' where id = 2;
         update tasks set id = 3 where id = 2;
         delete from tasks where id = 3",
    );
}

#[track_caller]
fn assert_holds_no_secret(log: &str) {
    let hexadecimal = "356563726574";
    for secret in [SECRET, "775533", "1987", hexadecimal] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

fn what_is_redacted_never_appears(database: &Database) {
    let mut owner = owner_with_log(database);
    write_secrets(&mut owner, "audit.log");
    assert_holds_no_secret(&whole_log(&mut owner));
    let redacted = r#"{"redacted": true}"#;
    let all = |id: i32, title: &str| {
        format!(
            "{{\"id\": {id}, \"born\": {redacted}, \"hash\": {redacted}, \"list\": {redacted}, \"title\": {title}, \
             \"number\": {redacted}, \"picture\": {redacted}, \"document\": {redacted}}}"
        )
    };
    assert_eq!(
        entries(&mut owner),
        [
            format!("INSERT|{{\"id\": 1}}|NULL|{}", all(1, "\"a\"")),
            format!("INSERT|{{\"id\": 2}}|NULL|{}", all(2, "null")),
            format!("UPDATE|{{\"id\": 1}}|{{\"hash\": {redacted}}}|{{\"hash\": {redacted}}}"),
            r#"UPDATE|{"id": 1}|{"title": "a"}|{"title": "b"}"#.to_owned(),
            format!(
                "UPDATE|{{\"id\": 1}}|{0}|{0}",
                format_args!(
                    "{{\"born\": {redacted}, \"hash\": {redacted}, \"list\": {redacted}, \"number\": {redacted}, \"picture\": {redacted}, \"document\": {redacted}}}"
                )
            ),
            format!("UPDATE|{{\"id\": 2}}|{{\"hash\": {redacted}}}|{{\"hash\": {redacted}}}"),
            format!("UPDATE|{{\"id\": 2}}|{}|{{\"id\": 3}}", all(2, "null")),
            format!("UPDATE|{{\"id\": 3}}|{{\"id\": 2}}|{}", all(3, "null")),
            format!("DELETE|{{\"id\": 3}}|{}|NULL", all(3, "null")),
        ]
    );
    // The file of the log neither: what is not written cannot be found in a backup.
    let mut superuser = database.superuser();
    superuser.run("checkpoint");
    assert!(superuser.holds(
        "select bool_and(position('5ecret'::bytea in pg_read_binary_file(pg_relation_filepath(relid))) = 0)
         from pg_partition_tree('audit.log') where isleaf"
    ));
}

/// A table of the user's own that refuses the record shows it, but not what is redacted.
fn a_redacted_value_is_in_no_error(database: &Database) {
    let mut owner = database.owner();
    owner.run("create table own (action text, changes jsonb, entity_id text)");
    write_secrets(&mut owner, "own");
    assert_eq!(count(&mut owner, "own"), 9);
    assert_holds_no_secret(&owner.rows("select own from own").join("\n"));
    owner.run("alter table own add constraint full_now check (action is null) not valid");
    for statement in [
        "insert into tasks (id, hash) values (9, '5ecret')",
        "update tasks set hash = '5ecret9'",
        "delete from tasks",
    ] {
        let refusal = owner.refusal(statement);
        assert_eq!(refusal.sqlstate(), "23514");
        // The statement itself is in the context of the session's own trigger functions only.
        let told = format!("{refusal} {}", refusal.context().unwrap_or_default());
        assert!(told.contains("Failing row contains"), "{told}");
        assert_holds_no_secret(&told);
    }
}

fn a_key_that_is_redacted(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, code text)");
    for choice in [
        "redact => '{id}'",
        "redact => '{code}', key => '{id, code}'",
    ] {
        let refusal = owner.refusal(&format!(
            "select steward.audit('tasks', 'audit.log', {choice})"
        ));
        assert_eq!(refusal.sqlstate(), "22023", "{choice}");
    }
}

fn a_redacted_column_that_becomes_the_key(database: &Database) {
    for destination in ["audit.log", "own"] {
        let database = database.create_another().expect("a database");
        let mut owner = owner_with_log(&database);
        owner.run("create table own (action text, changes jsonb, entity_id text, key jsonb)");
        owner.run("create table tasks (id integer primary key, hash text, title text)");
        owner.run(&format!(
            "select steward.audit('tasks', '{destination}', redact => '{{hash}}')"
        ));
        owner.run(
            "insert into tasks values (1, '5ecret', 'a');
             alter table tasks drop constraint tasks_pkey, add primary key (hash);
             update tasks set title = 'b'; update tasks set hash = '5ecret2'; delete from tasks",
        );
        assert_eq!(count(&mut owner, destination), 5);
        let log = owner
            .rows(&format!("select to_jsonb(l) from {destination} as l"))
            .join("\n");
        assert!(!log.contains(SECRET), "{log}");
    }
}

fn a_control_that_does_not_redact_is_found_out(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, hash text)");
    owner.run("select steward.audit('tasks', 'audit.log')");
    owner.run("insert into tasks values (1, '5ecret')");
    assert!(whole_log(&mut owner).contains(SECRET));
}
