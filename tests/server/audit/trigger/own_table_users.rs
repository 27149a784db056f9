//! A user whom the users' table does not have never fails the change.

use steward_tests::{Database, Role, Session, tests};

use super::own_table::{DOCUMENT, USER};

tests![
    whoever_is_no_user_is_named_in_the_changes,
    a_user_that_is_deleted_first,
    a_user_that_deletes_itself,
    a_user_that_is_being_deleted,
    a_user_that_is_being_deleted_at_repeatable_read,
    a_user_is_kept_until_the_end,
    users_that_nobody_may_read,
    users_of_another_owner,
    users_with_other_keys,
    a_name_that_would_be_cut,
    a_user_that_no_table_has,
    the_control_that_does_not_look,
];

const INSERT: &str = "insert into tasks values (gen_random_uuid())";

fn owner_of_document(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(DOCUMENT);
    owner.run("select steward.audit('tasks', 'audit_logs')");
    owner
}

/// `user_id|@actor` of the entries in order.
fn actors(session: &mut Session) -> Vec<String> {
    session.rows("select user_id, changes -> '@actor' from audit_logs order by created_at")
}

fn whoever_is_no_user_is_named_in_the_changes(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run(INSERT);
    assert_eq!(
        actors(&mut owner),
        [r#"NULL|{"id": "owner", "source": "role"}"#]
    );
    for id in [
        "00000000-0000-0000-0000-00000000000b",
        "no uuid",
        "'; drop table users; --",
        "00000000-0000-0000-0000-00000000000",
        "00000000-0000-0000-0000-00000000000a ",
        "0000000000000000000000000000000g",
        "{",
        "ä€😀",
    ] {
        owner.run("truncate audit_logs");
        owner.run(&format!(
            "set app.user_id = {}; {INSERT}",
            crate::hostile::literal(id)
        ));
        assert_eq!(
            owner.value("select user_id, changes -> '@actor' ->> 'id', changes -> '@actor' ->> 'source' from audit_logs"),
            format!("NULL|{id}|app.user_id")
        );
    }
    owner.run("truncate audit_logs");
    for id in [USER.to_uppercase(), USER.replace('-', ""), USER.to_owned()] {
        owner.run(&format!("set app.user_id = '{id}'; {INSERT}"));
    }
    assert_eq!(actors(&mut owner), vec![format!("{USER}|NULL"); 3]);
}

fn a_user_that_is_deleted_first(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run(&format!(
        "set app.user_id = '{USER}'; begin; {INSERT}; delete from users; {INSERT}; commit"
    ));
    assert_eq!(
        actors(&mut owner),
        [
            "NULL|NULL".to_owned(),
            format!(r#"NULL|{{"id": "{USER}", "source": "app.user_id"}}"#)
        ]
    );
}

fn a_user_that_deletes_itself(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run("alter table tasks add owner uuid references users on delete cascade; select steward.audit('users', 'audit_logs')");
    owner.run(&format!("set app.user_id = '{USER}'; insert into tasks (id, owner) values (gen_random_uuid(), '{USER}'); delete from users"));
    let actor = format!(r#"{{"id": "{USER}", "source": "app.user_id"}}"#);
    assert_eq!(
        owner.rows("select action, entity_type, user_id, changes -> '@actor' from audit_logs where action = 'DELETE' order by entity_type"),
        [format!("DELETE|tasks|NULL|{actor}"), format!("DELETE|users|NULL|{actor}")]
    );
}

fn race(
    database: &Database,
    level: &str,
    end: &str,
) -> (Session, Result<(), steward_tests::Refusal>) {
    let mut owner = owner_of_document(database);
    let (mut writer, mut observer) = (database.owner(), database.owner());
    writer.run(&format!(
        "set app.user_id = '{USER}'; begin isolation level {level}; select count(*) from users"
    ));
    owner.run("begin; delete from users");
    let waiting = writer.start(&format!("{INSERT}; commit"));
    waiting.until_blocked(&mut observer);
    owner.run(end);
    let (_, result) = waiting.finish();
    (owner, result)
}

fn a_user_that_is_being_deleted(database: &Database) {
    let (mut owner, result) = race(database, "read committed", "commit");
    result.expect("the change is recorded without the user");
    assert_eq!(
        actors(&mut owner),
        [format!(
            r#"NULL|{{"id": "{USER}", "source": "app.user_id"}}"#
        )]
    );
    let another = database.create_another().expect("a database");
    let (mut owner, result) = race(&another, "read committed", "rollback");
    result.expect("the change is recorded");
    assert_eq!(actors(&mut owner), [format!("{USER}|NULL")]);
}

/// The transaction can be tried again, as it can where a foreign key is checked.
fn a_user_that_is_being_deleted_at_repeatable_read(database: &Database) {
    for level in ["repeatable read", "serializable"] {
        let another = database.create_another().expect("a database");
        let (mut owner, result) = race(&another, level, "commit");
        if let Err(refusal) = result {
            assert_eq!(refusal.sqlstate(), "40001");
            assert!(actors(&mut owner).is_empty());
        }
    }
}

fn a_user_is_kept_until_the_end(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run(&format!("set app.user_id = '{USER}'; begin; {INSERT}"));
    let waiting = database.owner().start("delete from users");
    waiting.until_blocked(&mut database.owner());
    owner.run("commit");
    waiting.finish().1.expect("the user is deleted");
    assert_eq!(actors(&mut owner), ["NULL|NULL"]);
    // Two writers of one user do not wait for each other.
    owner.run(&format!(
        "insert into users values ('{USER}'); begin; {INSERT}"
    ));
    let mut second = database.owner();
    second.run(&format!("set lock_timeout = '200ms'; set app.user_id = '{USER}'; {INSERT}; update users set email = 'b'"));
    owner.run("commit");
}

fn users_that_nobody_may_read(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run("alter table users enable row level security, force row level security; grant insert on tasks to writer");
    let mut writer = database.session(Role::Writer);
    writer.run(&format!(
        "set row_security = on; set app.user_id = '{USER}'; {INSERT}"
    ));
    assert_eq!(actors(&mut owner), [format!("{USER}|NULL")]);
}

fn users_of_another_owner(database: &Database) {
    let mut owner = owner_of_document(database);
    owner.run(&format!("set app.user_id = '{USER}'; {INSERT}"));
    let mut superuser = database.superuser();
    superuser.run("alter table users owner to stranger; revoke all on users from owner; grant usage on schema public to stranger");
    owner.run(INSERT);
    superuser.run("revoke all on users from stranger; grant select, update on users to stranger");
    owner.run(INSERT);
    assert_eq!(actors(&mut owner), vec![format!("{USER}|NULL"); 3]);
}

fn users_with_other_keys(database: &Database) {
    for (kind, there, absent) in [
        (
            "integer",
            "7",
            &["8", "x", "99999999999", "7.0", "-", "0x7"][..],
        ),
        ("bigint", "-7", &["7", "99999999999999999999"]),
        ("smallint", "7", &["70000"]),
        ("text", "me", &["Me", "me "]),
        ("varchar(3)", "abc", &["abcd"]),
        ("name", "me", &["you"]),
    ] {
        let database = database.create_another().expect("a database");
        let mut owner = database.owner();
        owner.run(&format!(
            "create table users (id {kind} primary key); insert into users values ('{there}');
             create table audit_logs (user_id {kind} references users, action text, changes jsonb, created_at timestamptz);
             create table tasks (id uuid primary key); select steward.audit('tasks', 'audit_logs');
             set app.user_id = '{there}'; {INSERT}"
        ));
        for id in absent {
            owner.run(&format!("set app.user_id = '{id}'; {INSERT}"));
        }
        let mut expected = vec![format!("{there}|NULL")];
        expected.extend(
            absent
                .iter()
                .map(|id| format!(r#"NULL|{{"id": "{id}", "source": "app.user_id"}}"#)),
        );
        assert_eq!(actors(&mut owner), expected, "{kind}");
    }
}

/// The beginning of a name is somebody else's.
fn a_name_that_would_be_cut(database: &Database) {
    let mut owner = database.owner();
    owner.run(&format!(
        "create table audit_logs (user_id varchar(3), action text, changes jsonb, created_at timestamptz);
         create table tasks (id uuid primary key); select steward.audit('tasks', 'audit_logs');
         set app.user_id = 'bob'; {INSERT}; set app.user_id = 'bobby'; {INSERT}"
    ));
    assert_eq!(
        actors(&mut owner),
        [
            "bob|NULL",
            r#"NULL|{"id": "bobby", "source": "app.user_id"}"#
        ]
    );
}

fn a_user_that_no_table_has(database: &Database) {
    let mut owner = database.owner();
    owner.run(&format!(
        "create table audit_logs (user_id uuid, action text, changes jsonb, created_at timestamptz);
         create table tasks (id uuid primary key); select steward.audit('tasks', 'audit_logs');
         set app.user_id = '{USER}'; {INSERT}; set app.user_id = 'x'; {INSERT}"
    ));
    assert_eq!(
        actors(&mut owner),
        [
            format!("{USER}|NULL"),
            r#"NULL|{"id": "x", "source": "app.user_id"}"#.to_owned()
        ]
    );
}

/// The trigger that teams write fails the change.
fn the_control_that_does_not_look(database: &Database) {
    let mut owner = database.owner();
    owner.run(DOCUMENT);
    owner.run(
        "create function record() returns trigger language plpgsql as $$ begin
             insert into audit_logs (user_id, action, entity_type, entity_id, changes)
             values (current_setting('app.user_id', true)::uuid, tg_op, tg_table_name, new.id, to_jsonb(new));
             return null;
         end $$;
         create trigger record after insert on tasks for each row execute function record();
         set app.user_id = '00000000-0000-0000-0000-00000000000b'",
    );
    assert_eq!(owner.sqlstate(INSERT), "23503");
    owner.run("set app.user_id = 'x'");
    assert_eq!(owner.sqlstate(INSERT), "22P02");
}
