//! `history`: what it shows of a row.

use std::fmt::Write as _;

use steward_tests::{Database, Role, tests};

tests![
    from_the_first_entry_to_the_last,
    keys_of_every_type,
    keys_as_typed_parameters,
    keys_of_several_columns,
    keys_that_are_none,
    a_key_that_was_changed,
    whatever_the_session_has_set,
    a_truncate_that_took_the_row,
    a_table_of_ones_own,
    a_table_of_ones_own_with_any_key,
];

fn from_the_first_entry_to_the_last(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write', 'new', 'hush'); insert into tasks values (2, 'read');
         set app.current_user_id = 'ada';
         update tasks set state = 'done' where id = 1;
         update tasks set state = 'done', touched = 5;
         update tasks set secret = 'still' where id = 1;
         reset app.current_user_id;
         delete from tasks where id = 1",
    );
    assert_eq!(
        super::history(&mut owner, "'tasks', 1"),
        [
            r#"INSERT|NULL|{"id": 1, "state": "new", "title": "write", "secret": {"redacted": true}}"#,
            r#"UPDATE|{"state": "new"}|{"state": "done"}"#,
            r#"UPDATE|{"secret": {"redacted": true}}|{"secret": {"redacted": true}}"#,
            r#"DELETE|{"id": 1, "state": "done", "title": "write", "secret": {"redacted": true}}|NULL"#,
        ]
    );
    assert_eq!(
        owner.rows(
            "select actor, actor_source, key, session_role, invoking_role, application_name is null,
                 transaction is not null and transaction_at <= logged_at
             from steward.history('tasks', 1)"
        ),
        [
            r#"owner|role|{"id": 1}|owner|owner|f|t"#,
            r#"ada|app.current_user_id|{"id": 1}|owner|owner|f|t"#,
            r#"ada|app.current_user_id|{"id": 1}|owner|owner|f|t"#,
            r#"owner|role|{"id": 1}|owner|owner|f|t"#,
        ]
    );
    assert!(owner.holds(
        "select array_agg(sequence) = array_agg(sequence order by sequence) and
             array_agg((sequence, logged_at, transaction, transaction_at)) = (
                 select array_agg((sequence, logged_at, transaction, transaction_at) order by sequence)
                 from audit.log where key = '{\"id\": 1}')
         from steward.history('tasks', 1)"
    ));
    assert_eq!(super::history(&mut owner, "'tasks', 3"), [""; 0]);
}

/// A type, and the text of two keys of it: the first as somebody may write it.
const KEYS: [(&str, &str, &str); 13] = [
    ("smallint", " 7", "8"),
    ("integer", "07", "8"),
    ("bigint", "4611686018427387904", "1"),
    (
        "uuid",
        "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12",
    ),
    ("text", "it''s \"ä\" \\ {1}", ""),
    ("character(5)", "ab", "abc"),
    ("varchar(3)", "ab", "abc"),
    ("numeric(10,2)", "1.5", "1.25"),
    ("timestamptz", "2026-02-01 12:00+02", "infinity"),
    ("date", "2026-02-01", "0044-03-15 BC"),
    ("integer[]", "{1, 2}", "{1}"),
    ("label", "b", "a"),
    ("bytea", "\\x00ff", "\\x"),
];

fn keys_of_every_type(database: &Database) {
    let mut owner = database.owner();
    owner.run("select steward.create_audit_log('audit.log'); create type label as enum ('a', 'b')");
    for (number, (key_type, one, other)) in KEYS.into_iter().enumerate() {
        owner.run(&format!(
            "create table t{number} (k {key_type} primary key, v integer);
             select steward.audit('t{number}', 'audit.log');
             insert into t{number} values ('{one}', 1), ('{other}', 2);
             update t{number} set v = v + 10"
        ));
        for (key, v) in [(one, 1), (other, 2)] {
            assert_eq!(
                owner.rows(&format!(
                    "select action, after -> 'v' from steward.history('t{number}', '{key}')"
                )),
                [format!("INSERT|{v}"), format!("UPDATE|{}", v + 10)],
                "{key_type}: {key}"
            );
            assert_eq!(
                owner.value(&format!(
                    "select steward.as_of('t{number}', to_jsonb(t) - 'v', now()) ->> 'v' from t{number} as t where k = '{key}'"
                )),
                (v + 10).to_string(),
                "{key_type}: {key}"
            );
        }
    }
}

fn keys_as_typed_parameters(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create table u (id uuid primary key); create table b (id bigint primary key);
         select steward.audit(t, 'audit.log') from unnest('{u,b}'::regclass[]) as t;
         insert into u values ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'); insert into b values (7)",
    );
    let id = uuid::Uuid::parse_str("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11").expect("a UUID");
    let client = owner.client();
    let count =
        |client: &mut postgres::Client, sql: &str, key: &(dyn postgres::types::ToSql + Sync)| {
            client.query(sql, &[key]).expect("rows").len()
        };
    assert_eq!(
        count(client, "select * from steward.history('u', $1::uuid)", &id),
        1
    );
    assert_eq!(
        count(
            client,
            "select * from steward.history('b', $1::bigint)",
            &7_i64
        ),
        1
    );
    assert_eq!(
        count(
            client,
            "select * from steward.history('b', $1::int)",
            &7_i32
        ),
        1
    );
    assert_eq!(
        count(client, "select * from steward.history('b', $1::text)", &"7"),
        1
    );
}

fn keys_of_several_columns(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create table members (team integer, \"The \"\"Person\"\"\" text, role text, primary key (team, \"The \"\"Person\"\"\"));
         select steward.audit('members', 'audit.log');
         insert into members values (1, 'ada', 'x'), (1, 'bob', 'y'), (2, 'ada', 'z')",
    );
    let key = r#"'{"The \"Person\"": "ada", "team": "1"}'"#;
    for key in [key.to_owned(), format!("{key}::jsonb")] {
        assert_eq!(
            owner.rows(&format!(
                "select after ->> 'role' from steward.history('members', {key})"
            )),
            ["x"]
        );
    }
    for key in [
        "'{\"team\": 1}'",
        "'{\"team\": 1}'::jsonb",
        "1",
        "'[1, \"ada\"]'",
        "'{\"team\": 1, \"role\": \"x\"}'::jsonb",
    ] {
        let refusal = owner.refusal(&format!("select steward.history('members', {key})"));
        assert_eq!(
            refusal.to_string(),
            "22023: the key of table public.members is (team, \"The \"\"Person\"\"\")\n\
             HINT: Give it as jsonb, with these names: '{\"team\": ..., \"The \\\"Person\\\"\": ...}'::jsonb.\n\
             SCHEMA: public\nTABLE: members",
            "{key}"
        );
    }
}

fn keys_that_are_none(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    for call in [
        "history('tasks', 'x')",
        "as_of('tasks', 'x', now())",
        "undo('tasks', '1.5', 1)",
        "history('tasks', '{\"id\": \"x\"}'::jsonb)",
    ] {
        assert_eq!(
            owner.sqlstate(&format!("select steward.{call}")),
            "22P02",
            "{call}"
        );
    }
    assert_eq!(
        owner.sqlstate("select steward.history('tasks', 99999999999)"),
        "22003"
    );
    for call in [
        "history(null, 1)",
        "history('tasks', null::text)",
        "as_of('tasks', 1, null)",
        "as_of('tasks', null::jsonb, now())",
        "undo('tasks', 1, null)",
        "undo('tasks', null::uuid, 1)",
    ] {
        assert_eq!(
            owner.sqlstate(&format!("select steward.{call}")),
            "22023",
            "{call}"
        );
    }
}

fn a_key_that_was_changed(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write'); update tasks set id = 2, title = 'read';
         update tasks set title = 'sleep'",
    );
    let whole = |id, title| {
        format!(
            r#"{{"id": {id}, "state": "new", "title": "{title}", "secret": {{"redacted": true}}}}"#
        )
    };
    assert_eq!(
        super::history(&mut owner, "'tasks', 1"),
        [
            format!("INSERT|NULL|{}", whole(1, "write")),
            format!(
                r#"UPDATE|{}|{{"id": 2, "title": "read"}}"#,
                whole(1, "write")
            ),
        ]
    );
    assert_eq!(
        super::history(&mut owner, "'tasks', 2"),
        [
            format!(
                r#"UPDATE|{{"id": 1, "title": "write"}}|{}"#,
                whole(2, "read")
            ),
            r#"UPDATE|{"title": "read"}|{"title": "sleep"}"#.to_owned(),
        ]
    );
}

fn whatever_the_session_has_set(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create table t (at timestamptz primary key, v interval);
         select steward.audit('t', 'audit.log');
         insert into t values ('2026-07-01 10:00+00', '-1 year 2 days')",
    );
    let plain = owner.rows(
        "select extract(epoch from logged_at), extract(epoch from transaction_at), after from steward.history('t', '2026-07-01 12:00+02')",
    );
    owner.run(
        "set timezone = 'Asia/Kolkata'; set datestyle = 'SQL, DMY'; set intervalstyle = 'sql_standard'",
    );
    // The key is read as the session reads timestamps.
    let odd = owner.rows(
        "select extract(epoch from logged_at), extract(epoch from transaction_at), after from steward.history('t', '01/07/2026 15:30')",
    );
    assert_eq!(plain.len(), 1);
    assert_eq!(odd, plain);
}

fn a_truncate_that_took_the_row(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1), (2); delete from tasks where id = 2; truncate tasks;
         insert into tasks values (1)",
    );
    let actions = |owner: &mut steward_tests::Session, id| {
        owner
            .rows(&format!(
                "select action from steward.history('tasks', {id})"
            ))
            .join(" ")
    };
    assert_eq!(actions(&mut owner, 1), "INSERT TRUNCATE INSERT");
    assert_eq!(actions(&mut owner, 2), "INSERT DELETE");
    assert_eq!(actions(&mut owner, 3), "");

    owner.run(
        "create table parts (id integer primary key) partition by range (id);
         create table low partition of parts for values from (0) to (10);
         create table high partition of parts for values from (10) to (20);
         select steward.audit('parts', 'audit.log');
         insert into parts values (1), (11); truncate low",
    );
    let actions = |owner: &mut steward_tests::Session, id| {
        owner
            .rows(&format!(
                "select action from steward.history('parts', {id})"
            ))
            .join(" ")
    };
    assert_eq!(actions(&mut owner, 1), "INSERT TRUNCATE");
    assert_eq!(actions(&mut owner, 11), "INSERT");
    owner.run("truncate parts");
    assert_eq!(actions(&mut owner, 1), "INSERT TRUNCATE");
    assert_eq!(actions(&mut owner, 11), "INSERT TRUNCATE");
}

const OWN_TABLE: &str = "
    create table users (id uuid primary key);
    insert into users values ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11');
    create table audit_logs (
        id uuid primary key default gen_random_uuid(), user_id uuid references users, action varchar(50) not null,
        entity_type varchar(50) not null, entity_id uuid not null, changes jsonb,
        created_at timestamptz default current_timestamp
    );
    create index on audit_logs (entity_type, entity_id)";

fn a_table_of_ones_own(database: &Database) {
    let mut owner = database.owner();
    owner.run(OWN_TABLE);
    let id = "b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    let mut statements = String::new();
    for table in ["tasks", "notes"] {
        let _ = write!(
            statements,
            "create table {table} (id uuid primary key, title text, secret text);
             select steward.audit('{table}', 'audit_logs', redact => '{{secret}}');
             insert into {table} values ('{id}', '{table}', 'x');"
        );
    }
    owner.run(&statements);
    owner.run(&format!(
        "set app.current_user_id = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'; update tasks set title = null;
         set app.current_user_id = 'nobody'; delete from tasks where id = '{id}'"
    ));
    assert_eq!(
        super::history(&mut owner, &format!("'tasks', '{id}'")),
        [
            format!(
                r#"INSERT|NULL|{{"id": "{id}", "title": "tasks", "secret": {{"redacted": true}}}}"#
            ),
            r#"UPDATE|{"title": "tasks"}|{"title": null}"#.to_owned(),
            format!(
                r#"DELETE|{{"id": "{id}", "title": null, "secret": {{"redacted": true}}}}|NULL"#
            ),
        ]
    );
    assert_eq!(
        owner.rows(&format!(
            "select sequence, actor, actor_source, key, logged_at is not null from steward.history('tasks', '{id}')"
        )),
        [
            format!(r#"NULL|owner|role|{{"id": "{id}"}}|t"#),
            format!(r#"NULL|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|NULL|{{"id": "{id}"}}|t"#),
            format!(r#"NULL|nobody|app.current_user_id|{{"id": "{id}"}}|t"#),
        ]
    );
    // It cannot be asked for what needs a log.
    for call in [
        format!("as_of('tasks', '{id}', now())"),
        format!("undo('tasks', '{id}', 1)"),
    ] {
        let refusal = owner.refusal(&format!("select steward.{call}"));
        assert_eq!(refusal.sqlstate(), "42809", "{refusal}");
        assert!(
            refusal.to_string().contains("TABLE: audit_logs"),
            "{refusal}"
        );
    }
    // With a log beside it, that is taken where a log is needed.
    owner.run(
        "select steward.create_audit_log('audit.log'); select steward.audit('notes', 'audit.log', name => 'steward_second')",
    );
    assert!(owner.holds(&format!(
        "select steward.as_of('notes', '{id}', now()) ->> 'title' = 'notes'"
    )));
    assert_eq!(
        owner.sqlstate(&format!("select steward.history('notes', '{id}')")),
        "42704"
    );
    assert_eq!(
        owner.rows(&format!(
            "select action from steward.history('notes', '{id}', log => 'audit_logs')"
        )),
        ["INSERT"]
    );
    let mut writer = database.session(Role::Writer);
    assert_eq!(
        writer.sqlstate(&format!(
            "select steward.history('notes', '{id}', log => 'audit_logs')"
        )),
        "42501"
    );
}

fn a_table_of_ones_own_with_any_key(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table journal (action text, entity_type text, entity_id text, changes jsonb, created_at timestamptz);
         create table letters (id varchar(20) primary key, v integer);
         create table pairs (a integer, b boolean, v integer, primary key (a, b));
         select steward.audit(t, 'journal') from unnest('{letters,pairs}'::regclass[]) as t;
         insert into letters values ('x', 1), ('@key', 2); insert into pairs values (1, true, 3), (1, false, 4);
         update pairs set v = v * 10 where b",
    );
    let values = |owner: &mut steward_tests::Session, arguments: &str| {
        owner
            .rows(&format!(
                "select after ->> 'v' from steward.history({arguments})"
            ))
            .join(" ")
    };
    assert_eq!(values(&mut owner, "'letters', 'x'"), "1");
    assert_eq!(values(&mut owner, "'letters', '@key'"), "2");
    assert_eq!(
        values(&mut owner, "'pairs', '{\"a\": 1, \"b\": true}'"),
        "3 30"
    );
    // A key that the column cannot hold stands in changes.
    owner.run(
        "create table by_uuid (action text, entity_type varchar(4), entity_id uuid, changes jsonb, created_at timestamptz);
         create table words (id text primary key, v integer);
         select steward.audit('words', 'by_uuid');
         insert into words values ('x', 1), ('y', 2), ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 3)",
    );
    assert_eq!(values(&mut owner, "'words', 'x'"), "1");
    assert_eq!(values(&mut owner, "'words', 'y'"), "2");
    assert_eq!(
        values(
            &mut owner,
            "'words', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"
        ),
        "3"
    );
}
