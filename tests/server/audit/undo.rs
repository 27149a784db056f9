//! `undo`: puts a row back.

use steward_tests::{Database, Role, Session, tests};

use super::entry;

tests![
    each_kind_of_change,
    back_to_the_first_state_of_a_random_history,
    several_entries_in_one_statement,
    a_key_that_was_changed,
    identity_and_generated_columns,
    json_null_and_no_value,
    ignored_columns,
    it_is_audited_itself_and_fires_triggers,
    with_the_rights_of_the_caller,
    where_the_callers_names_are_found,
];

fn undo(session: &mut Session, key: &str, sequence: &str) -> String {
    session.value(&format!("select steward.undo('tasks', {key}, {sequence})"))
}

fn row(session: &mut Session) -> Vec<String> {
    session.rows("select id, title, state from tasks order by id")
}

fn each_kind_of_change(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write'); update tasks set title = 'read', state = 'done'",
    );
    let update = entry(&mut owner, "1", 2);
    assert_eq!(
        undo(&mut owner, "1", &update),
        r#"{"id": 1, "state": "new", "title": "write", "secret": {"redacted": true}}"#
    );
    assert_eq!(row(&mut owner), ["1|write|new"]);
    let insert = entry(&mut owner, "1", 1);
    assert_eq!(undo(&mut owner, "1", &insert), "NULL");
    assert_eq!(row(&mut owner), [""; 0]);

    // A table without a redacted column, for a deletion is the whole row.
    owner.run(
        "select steward.audit('tasks', 'audit.log'); insert into tasks values (2, 'sleep', 'x', 'y', 3);
         delete from tasks",
    );
    let delete = entry(&mut owner, "2", 2);
    assert_eq!(
        undo(&mut owner, "2", &delete),
        r#"{"id": 2, "state": "x", "title": "sleep", "secret": "y", "touched": 3}"#
    );
    // An undo is an entry, which can be undone.
    let undone = entry(&mut owner, "2", 3);
    assert_eq!(undo(&mut owner, "2", &undone), "NULL");
    assert_eq!(row(&mut owner), [""; 0]);
}

/// Undoes everything that happened to all rows, newest first, and compares with each state on the way.
fn back_to_the_first_state_of_a_random_history(database: &Database) {
    for partitioned in [false, true] {
        let another = database.create_another().expect("a database");
        let mut owner = super::as_of::changed_at_random(&another, partitioned);
        let is_state = |owner: &mut Session, step: &str| {
            owner.rows(&format!(
                "set timezone = 'UTC'; set intervalstyle = 'postgres'; set datestyle = 'ISO'; set bytea_output = 'hex';
                 set extra_float_digits = 1;
                 select to_jsonb(t), s.row from t full join (select * from states where step = {step} and id >= 0) as s
                     using (id, part) where to_jsonb(t) is distinct from s.row"
            ))
        };
        let odd_settings = "set timezone = 'Asia/Kolkata'; set datestyle = 'SQL, DMY'; set intervalstyle = 'sql_standard';
             set bytea_output = 'escape'; set extra_float_digits = -3";
        let entries = owner.rows(
            "select l.sequence, l.key, (select max(step) from states where id = -1 and at < l.logged_at)
             from audit.log as l where not (action = 'UPDATE' and coalesce(after @> key, false)) order by sequence desc",
        );
        assert!(entries.len() > 100, "enough to undo");
        let mut step_before = entries[0].rsplit('|').next().unwrap_or_default().to_owned();
        step_before = (step_before.parse::<i32>().expect("a step") + 1).to_string();
        for entry in &entries {
            let parts: Vec<_> = entry.split('|').collect();
            let [sequence, key, step] = parts.as_slice() else {
                panic!("{entry}");
            };
            if *step != step_before {
                assert_eq!(
                    is_state(&mut owner, &step_before),
                    [""; 0],
                    "after step {step_before}"
                );
                (*step).clone_into(&mut step_before);
                // Other settings than those under which it was logged.
                owner.run(odd_settings);
            }
            owner.run(&format!(
                "select steward.undo('t', '{key}'::jsonb, {sequence})"
            ));
        }
        assert_eq!(owner.rows("select * from t"), [""; 0]);
    }
}

fn several_entries_in_one_statement(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write'); update tasks set title = 'read'; update tasks set title = 'sleep'",
    );
    owner.run(
        "select steward.undo('tasks', 1, sequence) from
             (select sequence from steward.history('tasks', 1) where action = 'UPDATE' order by sequence desc) as e",
    );
    assert_eq!(row(&mut owner), ["1|write|new"]);
}

fn a_key_that_was_changed(database: &Database) {
    for (key, place) in [("1", 2), ("2", 1)] {
        let another = database.create_another().expect("a database");
        let mut owner = super::owner_of_audited_tasks(&another);
        owner.run("insert into tasks values (1, 'write'); update tasks set id = 2, title = 'read'; update tasks set state = 'x'");
        let moved = entry(&mut owner, key, place);
        assert_eq!(
            undo(&mut owner, key, &moved),
            r#"{"id": 1, "state": "x", "title": "write", "secret": {"redacted": true}}"#
        );
        assert_eq!(row(&mut owner), ["1|write|x"]);
    }
}

fn identity_and_generated_columns(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create table t (
             id bigint generated always as identity primary key, other integer generated by default as identity (start 50),
             n integer, twice integer generated always as (n * 2) stored
         );
         select steward.audit('t', 'audit.log');
         insert into t (n) values (1), (2); update t set n = 5 where id = 2; delete from t where id = 1",
    );
    let undo = |owner: &mut Session, id, action| {
        owner.value(&format!(
            "select steward.undo('t', {id}, sequence) from steward.history('t', {id}) where action = '{action}'"
        ))
    };
    assert_eq!(
        undo(&mut owner, 1, "DELETE"),
        r#"{"n": 1, "id": 1, "other": 50, "twice": 2}"#
    );
    assert_eq!(
        undo(&mut owner, 2, "UPDATE"),
        r#"{"n": 2, "id": 2, "other": 51, "twice": 4}"#
    );
}

fn json_null_and_no_value(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create table t (id integer primary key, a jsonb, b jsonb not null, c json not null);
         select steward.audit('t', 'audit.log');
         insert into t values (1, 'null', 'null', 'null'); delete from t",
    );
    owner.run("select steward.undo('t', 1, max(sequence)) from steward.history('t', 1)");
    // The log has null for both; where NULL is not allowed it was the other.
    assert_eq!(
        owner.value("select a is null, b::text, c::text from t"),
        "t|null|null"
    );
}

fn ignored_columns(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log');
         create table t (id integer primary key, v integer, seen integer default 7, needed integer not null);
         select steward.audit('t', 'audit.log', ignore => '{seen}');
         insert into t values (1, 1, 1, 1); update t set v = 2, seen = 2",
    );
    let undo = "select steward.undo('t', 1, max(sequence)) from steward.history('t', 1)";
    assert_eq!(owner.value(undo), r#"{"v": 1, "id": 1, "needed": 1}"#);
    assert_eq!(owner.value("select v, seen from t"), "1|2", "left as it is");
    owner.run("delete from t");
    owner.run(undo);
    assert_eq!(
        owner.value("select v, seen from t"),
        "1|7",
        "the default, since the log does not have it"
    );
    owner.run(
        "select steward.audit('t', 'audit.log', ignore => '{seen,needed}'); update t set v = 3; delete from t",
    );
    let refusal = owner.refusal(undo);
    assert!(
        refusal.to_string().contains("COLUMN: needed") && refusal.sqlstate() == "23502",
        "{refusal}"
    );
}

fn it_is_audited_itself_and_fires_triggers(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "create function touch() returns trigger language plpgsql as
             $$begin new.touched := 99; return new; end$$;
         insert into tasks values (1, 'write'); update tasks set title = 'read';
         create trigger touch before update on tasks for each row execute function touch();
         set app.current_user_id = 'ada'",
    );
    let update = entry(&mut owner, "1", 2);
    undo(&mut owner, "1", &update);
    assert_eq!(
        owner.rows("select actor, before, after from steward.history('tasks', 1) offset 2"),
        [r#"ada|{"title": "read"}|{"title": "write"}"#]
    );
    assert_eq!(owner.value("select touched from tasks"), "99");
    owner.run("begin; update tasks set title = 'sleep'; rollback");
    let before = super::history(&mut owner, "'tasks', 1");
    owner.run(
        "begin; select steward.undo('tasks', 1, max(sequence)) from steward.history('tasks', 1); rollback",
    );
    assert_eq!(super::history(&mut owner, "'tasks', 1"), before);
}

fn with_the_rights_of_the_caller(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write'); update tasks set title = 'read';
         grant usage on schema audit to writer; grant select on tasks to writer",
    );
    let update = entry(&mut owner, "1", 2);
    let call = format!("select steward.undo('tasks', 1, {update})");
    let mut writer = database.session(Role::Writer);
    assert_eq!(writer.sqlstate(&call), "42501", "no right to read the log");
    owner.run("grant select on audit.log to writer");
    assert_eq!(writer.sqlstate(&call), "42501", "no right to update");
    owner.run("grant update (state) on tasks to writer");
    assert_eq!(
        writer.sqlstate(&call),
        "42501",
        "no right to update the column"
    );
    owner.run("grant update (title) on tasks to writer");
    // A policy that hides the row, one that does not let it be written, and none.
    owner.run(
        "alter table tasks enable row level security;
         create policy a on tasks for select to writer using (false)",
    );
    let refusal = writer.refusal(&call);
    assert_eq!(refusal.sqlstate(), "55000", "{refusal}");
    owner.run("drop policy a on tasks; create policy a on tasks for select to writer using (true)");
    let refusal = writer.refusal(&call);
    assert_eq!(
        refusal.to_string(),
        format!(
            "55000: entry {update} was not undone: the row {{\"id\": 1}} could not be written\n\
             DETAIL: A policy or a trigger of the table left it as it is.\n\
             SCHEMA: public\nTABLE: tasks"
        )
    );
    owner.run(
        "create policy b on tasks for update to writer using (true) with check (title <> 'write')",
    );
    assert_eq!(writer.sqlstate(&call), "42501", "what a policy refuses");
    owner.run("drop policy b on tasks; create policy b on tasks for update to writer using (true)");
    writer.run(&call);
    assert_eq!(row(&mut owner), ["1|write|new"]);
    assert_eq!(
        owner.rows("select session_role from steward.history('tasks', 1)"),
        ["owner", "owner", "writer"]
    );
}

/// A trigger of the user's finds what it names without a schema, as after the user's own statement.
fn where_the_callers_names_are_found(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "create table counted (n integer);
         create function count_it() returns trigger language plpgsql as
             $$begin insert into counted values (1); return new; end$$;
         insert into tasks values (1, 'write'); update tasks set title = 'read';
         create trigger count_it before update on tasks for each row execute function count_it()",
    );
    let update = entry(&mut owner, "1", 2);
    undo(&mut owner, "1", &update);
    assert_eq!(owner.value("select count(*) from counted"), "1");
}
