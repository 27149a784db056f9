//! What is recorded of an INSERT, an UPDATE and a DELETE.

use steward_tests::{Database, Role, tests};

use super::{AUDIT, entries, new_entries, owner_with_log};

tests![
    the_whole_row_or_what_changed,
    circumstances_of_a_change,
    the_actor_is_what_the_application_says,
    an_actor_that_changes_from_row_to_row,
    an_actor_that_fits_no_index,
    a_change_needs_an_actor,
    an_update_that_changes_nothing,
    text_that_is_equal_by_its_type,
    a_control_that_compares_text_is_found_out,
    a_changed_key,
    keys_of_several_columns,
    keys_that_are_named,
    no_key,
    some_actions_only,
];

fn the_whole_row_or_what_changed(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, title text, done boolean)");
    owner.run(AUDIT);
    owner.run("insert into tasks values (1, 'a', null)");
    owner.run("update tasks set title = 'b', done = done");
    owner.run("update tasks set title = null, done = true");
    owner.run("delete from tasks");
    assert_eq!(
        entries(&mut owner),
        [
            r#"INSERT|{"id": 1}|NULL|{"id": 1, "done": null, "title": "a"}"#,
            r#"UPDATE|{"id": 1}|{"title": "a"}|{"title": "b"}"#,
            r#"UPDATE|{"id": 1}|{"done": null, "title": "b"}|{"done": true, "title": null}"#,
            r#"DELETE|{"id": 1}|{"id": 1, "done": true, "title": null}|NULL"#,
        ]
    );
}

fn circumstances_of_a_change(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create schema \"S\"; create table \"S\".\"T\" (id integer primary key)");
    owner.run("select steward.audit('\"S\".\"T\"', 'audit.log')");
    let mut member = database.session(Role::Member);
    member.run("set application_name = 'test ''it'''; set role owner");
    member.run("begin; insert into \"S\".\"T\" values (1); select pg_sleep(0.01)");
    let transaction = member.value("select pg_current_xact_id() || '|' || now()");
    member.run("insert into \"S\".\"T\" values (2); commit");
    assert_eq!(
        owner.rows(&format!(
            "select schema_name, table_name, table_oid = '\"S\".\"T\"'::regclass, incarnation = steward.audit_incarnation('audit.log'),
                 key_hash = steward.audit_key_hash(key), actor, actor_source, session_role, invoking_role, application_name,
                 transaction || '|' || transaction_at = '{transaction}', logged_at > transaction_at
                 from audit.log order by sequence"
        )),
        ["S|T|t|t|t|owner|role|member|owner|test 'it'|t|t"; 2]
    );
    assert!(owner.holds(
        "select max(logged_at) > min(logged_at) and count(distinct sequence) = 2 from audit.log"
    ));
}

fn the_actor_is_what_the_application_says(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id serial primary key)");
    owner.run(AUDIT);
    let insert = "insert into tasks default values";
    owner.run(&format!("set app.user_id = 'u'; {insert}"));
    owner.run(&format!("set app.current_user_id = 'c'; {insert}"));
    owner.run(&format!(
        "begin; set local app.current_user_id = 'l'; {insert}; commit; {insert}"
    ));
    owner.run(&format!("begin; savepoint s; set local app.current_user_id = 's'; {insert}; rollback to s; {insert}; commit"));
    owner.run(&format!("reset app.current_user_id; {insert}"));
    // A setting that was local is empty afterwards, not gone.
    let mut other = database.owner();
    other.run(&format!(
        "begin; set local app.user_id = 'x'; commit; {insert}"
    ));
    assert_eq!(
        owner.rows("select actor, actor_source from audit.log order by sequence"),
        [
            "u|app.user_id",
            "c|app.current_user_id",
            "l|app.current_user_id",
            "c|app.current_user_id",
            "c|app.current_user_id",
            "u|app.user_id",
            "owner|role",
        ]
    );
}

fn an_actor_that_changes_from_row_to_row(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(
        "create table tasks (id integer primary key, n integer default 0);
         create function next_actor() returns trigger language plpgsql as $$ begin
             perform set_config('app.user_id', new.id::text, false); return null;
         end $$;
         create trigger a_first after insert or update on tasks for each row execute function next_actor()",
    );
    owner.run(AUDIT);
    owner.run(
        "insert into tasks select generate_series(1, 5); begin; update tasks set n = 1; commit",
    );
    assert!(owner.holds("select count(*) = 10 and bool_and(actor = key ->> 'id') from audit.log"));
    owner.run(
        "drop trigger a_first on tasks;
         do $$ begin for i in 1 .. 5 loop
             perform set_config('app.user_id', i::text, true);
             update tasks set n = 2 where id = i;
         end loop; end $$",
    );
    assert!(owner.holds("select count(*) = 15 and bool_and(actor = key ->> 'id') from audit.log"));
}

/// An index takes no more than 2704 bytes.
fn an_actor_that_fits_no_index(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id serial primary key)");
    owner.run(AUDIT);
    owner.run(
        "select set_config('app.user_id', (select string_agg(md5(i::text), 'é') from generate_series(1, 1000) as i), false);
         insert into tasks default values",
    );
    assert!(owner.holds(
        "select starts_with(current_setting('app.user_id'), actor) and length(actor) > 200 from audit.log"
    ));
}

fn a_change_needs_an_actor(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key)");
    owner.run("select steward.audit('tasks', 'audit.log', require_actor => true)");
    // A blank is nobody's name.
    owner.run("set app.user_id = ' '");
    for statement in ["insert into tasks values (1)", "truncate tasks"] {
        assert_eq!(
            owner.refusal(statement).to_string(),
            "42501: a change of table public.tasks needs to say who makes it\n\
             DETAIL: The table is audited with require_actor, and app.current_user_id is not set.\n\
             HINT: set local app.current_user_id = '...'; in the same transaction.\n\
             SCHEMA: public\n\
             TABLE: tasks"
        );
    }
    owner.run("begin; set local app.current_user_id = 'me'; insert into tasks values (1); update tasks set id = id; commit");
    for statement in ["update tasks set id = 2", "delete from tasks"] {
        assert_eq!(owner.sqlstate(statement), "42501");
    }
    owner.run("set app.user_id = ''");
    assert_eq!(owner.sqlstate("delete from tasks"), "42501");
    owner.run(
        "set app.user_id = 'me'; delete from tasks; insert into tasks values (3); truncate tasks",
    );
    assert_eq!(
        owner.rows("select action, actor from audit.log order by sequence"),
        ["INSERT|me", "DELETE|me", "INSERT|me", "TRUNCATE|me"]
    );
}

fn an_update_that_changes_nothing(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(
        "create table tasks (
             id integer primary key, amount numeric, data json, document jsonb, place point, ratio double precision,
             flags json[], seen timestamptz, ignored text
         );
         insert into tasks values
             (1, 1.0, '{\"a\":  1}', '{\"a\":  1}', '(1,2)', 0, array['{}']::json[], '2020-01-01', 'x');
         insert into tasks values (2)",
    );
    owner.run("select steward.audit('tasks', 'audit.log', ignore => '{ignored}')");
    let mut seen = 0;
    for nothing in [
        "id = id",
        "amount = 1.00",
        "amount = 1.000000000000000000000000000000000",
        "ratio = -0.0::float8",
        "document = '{\"a\":1}'",
        "data = '{\"a\":  1}'",
        "place = '(1.0,2.0)'",
        "flags = array['{}']::json[]",
        "seen = '2020-01-01 00:00+00'::timestamptz at time zone 'UTC'",
        "ignored = 'y'",
        "ignored = ignored || amount, amount = 1",
    ] {
        owner.run(&format!(
            "set timezone = 'UTC'; update tasks set {nothing} where id = 1"
        ));
        assert!(new_entries(&mut owner, &mut seen).is_empty(), "{nothing}");
    }
    owner.run("update tasks set amount = null, data = null where id = 2");
    assert!(new_entries(&mut owner, &mut seen).is_empty(), "NULL");
    // What the types tell apart is a change: json has no equality but its bytes.
    owner.run("update tasks set data = '{\"a\": 1}', amount = 1.01, ignored = 'z' where id = 1");
    assert_eq!(
        new_entries(&mut owner, &mut seen),
        [r#"UPDATE|{"id": 1}|{"data": {"a": 1}, "amount": 1}|{"data": {"a": 1}, "amount": 1.01}"#]
    );
    owner.run("update tasks set place = '(1,2.0000001)', flags = array[null]::json[] where id = 1");
    assert_eq!(new_entries(&mut owner, &mut seen).len(), 1);
}

fn text_that_is_equal_by_its_type(database: &Database) {
    let mut superuser = database.superuser();
    superuser.run("create extension if not exists citext");
    let mut owner = owner_with_log(database);
    owner.run(
        "create collation of_all_cases (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         create domain named as citext;
         create type pair as (a citext, b numeric);
         create table tasks (
             id integer primary key, name citext, alias named, title text collate of_all_cases, two pair,
             names citext[], padded char(10)
         )",
    );
    owner.run(AUDIT);
    owner.run("insert into tasks values (1, 'abc', 'abc', 'abc', row('a', 1.0), '{a,b}', 'x')");
    let mut seen = 1;
    owner.run(
        "update tasks set name = 'ABC', alias = 'ABC', title = 'ABC', two = row('A', 1.00), names = '{A,b}', padded = 'x   '",
    );
    assert!(new_entries(&mut owner, &mut seen).is_empty());
    // Beside a change they are no change of their own.
    owner.run("update tasks set name = 'Abc', title = 'd'");
    assert_eq!(
        new_entries(&mut owner, &mut seen),
        [r#"UPDATE|{"id": 1}|{"title": "ABC"}|{"title": "d"}"#]
    );
    owner.run("update tasks set two = row('A', 2), names = '{A,c}'");
    assert_eq!(
        new_entries(&mut owner, &mut seen),
        [
            r#"UPDATE|{"id": 1}|{"two": {"a": "A", "b": 1.00}, "names": ["A", "b"]}|{"two": {"a": "A", "b": 2}, "names": ["A", "c"]}"#
        ]
    );
}

/// What most audit triggers do.
fn a_control_that_compares_text_is_found_out(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer primary key, amount numeric);
         create table log (before jsonb, after jsonb);
         create function record() returns trigger language plpgsql as $$ begin
             if to_jsonb(old)::text <> to_jsonb(new)::text then
                 insert into log values (to_jsonb(old), to_jsonb(new));
             end if;
             return null;
         end $$;
         create trigger record after update on tasks for each row execute function record();
         insert into tasks values (1, 1.0);
         update tasks set amount = 1.00",
    );
    assert_eq!(owner.value("select count(*) from log"), "1");
}

fn a_changed_key(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, title text, secret text)");
    owner.run("select steward.audit('tasks', 'audit.log', redact => '{secret}')");
    owner.run("insert into tasks values (1, 'a', 's')");
    let mut seen = 1;
    owner.run("update tasks set id = 2");
    assert_eq!(
        new_entries(&mut owner, &mut seen),
        [
            r#"UPDATE|{"id": 1}|{"id": 1, "title": "a", "secret": {"redacted": true}}|{"id": 2}"#,
            r#"UPDATE|{"id": 2}|{"id": 1}|{"id": 2, "title": "a", "secret": {"redacted": true}}"#,
        ]
    );
    owner.run("update tasks set id = 3, title = 'b', secret = 't'");
    assert_eq!(
        new_entries(&mut owner, &mut seen),
        [
            r#"UPDATE|{"id": 2}|{"id": 2, "title": "a", "secret": {"redacted": true}}|{"id": 3, "title": "b", "secret": {"redacted": true}}"#,
            r#"UPDATE|{"id": 3}|{"id": 2, "title": "a", "secret": {"redacted": true}}|{"id": 3, "title": "b", "secret": {"redacted": true}}"#,
        ]
    );
}

fn keys_of_several_columns(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(
        "create table tasks (note text, b text, a integer, primary key (a, b) include (note));
         insert into tasks values ('n', 'x', 1)",
    );
    owner.run(AUDIT);
    owner.run("update tasks set note = 'm'; update tasks set b = 'y'; delete from tasks");
    assert_eq!(
        entries(&mut owner),
        [
            r#"UPDATE|{"a": 1, "b": "x"}|{"note": "n"}|{"note": "m"}"#,
            r#"UPDATE|{"a": 1, "b": "x"}|{"a": 1, "b": "x", "note": "m"}|{"b": "y"}"#,
            r#"UPDATE|{"a": 1, "b": "y"}|{"b": "x"}|{"a": 1, "b": "y", "note": "m"}"#,
            r#"DELETE|{"a": 1, "b": "y"}|{"a": 1, "b": "y", "note": "m"}|NULL"#,
        ]
    );
}

fn keys_that_are_named(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (code text, place integer, note text)");
    owner.run("select steward.audit('tasks', 'audit.log', key => '{place, code}')");
    owner.run("insert into tasks values ('c', 1, 'n'), (null, null, 'n'); update tasks set note = 'm'; update tasks set place = 2 where place = 1");
    assert_eq!(
        entries(&mut owner),
        [
            r#"INSERT|{"code": "c", "place": 1}|NULL|{"code": "c", "note": "n", "place": 1}"#,
            r#"INSERT|{"code": null, "place": null}|NULL|{"code": null, "note": "n", "place": null}"#,
            r#"UPDATE|{"code": "c", "place": 1}|{"note": "n"}|{"note": "m"}"#,
            r#"UPDATE|{"code": null, "place": null}|{"note": "n"}|{"note": "m"}"#,
            r#"UPDATE|{"code": "c", "place": 1}|{"code": "c", "note": "m", "place": 1}|{"place": 2}"#,
            r#"UPDATE|{"code": "c", "place": 2}|{"place": 1}|{"code": "c", "note": "m", "place": 2}"#,
        ]
    );
}

fn no_key(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer, title text)");
    assert_eq!(
        owner.refusal(AUDIT).to_string(),
        "55000: table public.tasks has no primary key\n\
         DETAIL: The history of a row is found by its key.\n\
         HINT: Add a primary key, or name the columns that identify a row with key => '{...}'.\n\
         SCHEMA: public\n\
         TABLE: tasks"
    );
    // One that is lost later does not fail whoever writes.
    owner.run("alter table tasks add primary key (id)");
    owner.run(AUDIT);
    owner.run("insert into tasks values (1, 'a'); alter table tasks drop constraint tasks_pkey; update tasks set title = 'b'");
    assert_eq!(
        owner.rows("select action, key, key_hash is null, after from audit.log order by sequence"),
        [
            r#"INSERT|{"id": 1}|f|{"id": 1, "title": "a"}"#,
            r#"UPDATE|NULL|t|{"title": "b"}"#,
        ]
    );
    owner.run("alter table tasks add primary key (title); update tasks set id = 2");
    assert_eq!(
        entries(&mut owner)[2],
        r#"UPDATE|{"title": "b"}|{"id": 1}|{"id": 2}"#
    );
}

fn some_actions_only(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key)");
    for (actions, expected) in [
        ("{INSERT}", &["INSERT"][..]),
        ("{update}", &["UPDATE", "UPDATE"]),
        ("{DELETE,DELETE}", &["DELETE"]),
        ("{TRUNCATE}", &["TRUNCATE"]),
        ("{truncate,insert}", &["INSERT", "TRUNCATE"]),
        (
            "{INSERT,UPDATE,DELETE}",
            &["INSERT", "UPDATE", "UPDATE", "DELETE"],
        ),
    ] {
        owner.run(&format!(
            "select steward.audit('tasks', 'audit.log', actions => '{actions}')"
        ));
        let before = entries(&mut owner).len();
        owner.run("insert into tasks values (1); update tasks set id = 2; delete from tasks; truncate tasks");
        let entries = owner.rows(&format!(
            "select action from audit.log order by sequence offset {before}"
        ));
        assert_eq!(entries, expected, "{actions}");
    }
}
