//! What has to end in an error or in entries, and never in the end of the server: triggers inside triggers, errors that
//! are caught, and code of the user's that runs in the middle of recording.

use steward_tests::{Database, Role, tests};

use super::{AUDIT, count, owner_with_log};

tests![
    two_tables_that_record_each_other,
    a_log_whose_own_trigger_writes_what_is_audited,
    an_equality_that_writes_what_is_audited,
    a_cast_that_changes_settings,
    a_cast_that_alters_the_table,
    errors_by_the_thousand,
    a_row_of_many_columns,
    a_state_that_is_forgotten_while_it_is_used,
];

/// It never ends; the server says so.
fn two_tables_that_record_each_other(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table one (id bigint generated always as identity primary key, action text, changes jsonb);
         create table two (id bigint generated always as identity primary key, action text, changes jsonb);
         select steward.audit('one', 'two', ignore => '{changes}'); select steward.audit('two', 'one', ignore => '{changes}')",
    );
    assert_eq!(
        owner.sqlstate("insert into one (action) values ('x')"),
        "54001"
    );
    owner.run("select steward.detach('two', 'audit'); insert into one (action) values ('x')");
    assert_eq!(count(&mut owner, "two"), 1);
}

fn a_log_whose_own_trigger_writes_what_is_audited(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key, n integer); create table other (id integer primary key, n integer)");
    owner.run(AUDIT);
    // An index that is computed, so that the log is written by a statement, and its triggers fire.
    owner.run(
        "select steward.audit('other', 'audit.log');
         create index on audit.log (lower(actor));
         create function follow() returns trigger language plpgsql as $$ begin
             if pg_trigger_depth() < 6 then
                 insert into public.tasks as tasks values (1, 0) on conflict (id) do update set n = tasks.n + 1;
                 insert into public.other as other values (1, 0) on conflict (id) do update set n = other.n + 1;
             end if;
             return null;
         end $$;
         create trigger follow after insert on audit.log for each row execute function follow();
         insert into tasks values (1, 0)",
    );
    assert!(count(&mut owner, "audit.log") >= 3);
    // What such a trigger writes into the log by itself is refused.
    owner.run(
        "create or replace function follow() returns trigger language plpgsql as $$ begin
             insert into audit.log select new.*; return null;
         end $$",
    );
    assert_eq!(owner.sqlstate("update tasks set n = 100"), "42501");
    owner.run("drop trigger follow on audit.log; update tasks set n = 100");
}

fn an_equality_that_writes_what_is_audited(database: &Database) {
    let mut owner = owner_with_log(database);
    let mut superuser = database.superuser();
    superuser.run(
        "create type odd; create function odd_in(cstring) returns odd language internal immutable strict as 'textin';
         create function odd_out(odd) returns cstring language internal immutable strict as 'textout';
         create type odd (input = odd_in, output = odd_out, like = text);
         create table seen (id integer primary key generated always as identity, n integer); grant all on seen to public;
         create function odd_equal(odd, odd) returns boolean language plpgsql as $$ begin
             insert into seen (n) values (1);
             if odd_out($1)::text = 'bad' then raise exception 'cannot compare'; end if;
             return lower(odd_out($1)::text) = lower(odd_out($2)::text);
         end $$;
         create operator = (leftarg = odd, rightarg = odd, function = odd_equal);
         create operator class odd_ops default for type odd using hash as operator 1 = (odd, odd);
         alter table seen owner to owner",
    );
    owner.run("create table tasks (id integer primary key, v odd); select steward.audit('seen', 'audit.log')");
    owner.run(AUDIT);
    owner.run(
        "insert into tasks values (1, 'a'); update tasks set v = 'A'; update tasks set v = 'b'",
    );
    assert_eq!(
        owner.rows("select table_name, action, after from audit.log where table_name = 'tasks' order by sequence"),
        [r#"tasks|INSERT|{"v": "a", "id": 1}"#, r#"tasks|UPDATE|{"v": "b"}"#]
    );
    assert_eq!(count(&mut owner, "audit.log where table_name = 'seen'"), 2);
    owner.run("update tasks set v = 'bad'");
    for _ in 0..3 {
        assert_eq!(owner.sqlstate("update tasks set v = 'worse'"), "P0001");
    }
    owner.run("delete from tasks; insert into tasks values (1, 'a'); update tasks set v = 'c'");
}

fn a_cast_that_changes_settings(database: &Database) {
    let mut owner = owner_with_log(database);
    let mut superuser = database.superuser();
    superuser.run(
        "create type odd as enum ('0', '1', '2');
         create function odd_to_json(odd) returns json language plpgsql as $$ begin
             if $1 = '1' then perform set_config('timezone', 'Asia/Tokyo', true); end if;
             if $1 = '2' then raise exception 'cannot'; end if;
             return to_json('x'::text);
         end $$;
         create cast (odd as json) with function odd_to_json(odd)",
    );
    owner.run("create table tasks (id serial primary key, v odd, at timestamptz default '2024-07-01 12:00+00')");
    owner.run(AUDIT);
    owner.run("set timezone = 'Europe/Berlin'; insert into tasks (v) values ('0')");
    assert_eq!(
        owner.sqlstate("insert into tasks (v) values ('2')"),
        "P0001"
    );
    assert_eq!(
        owner.value("select timestamptz '2024-07-01 12:00+00'"),
        "2024-07-01 14:00:00+02"
    );
    owner.run("insert into tasks (v) values ('1'), ('0'); insert into tasks (v) values ('0')");
    assert_eq!(
        owner.value("select timestamptz '2024-07-01 12:00+00'"),
        "2024-07-01 14:00:00+02"
    );
    assert_eq!(count(&mut owner, "audit.log"), 4);
}

fn a_cast_that_alters_the_table(database: &Database) {
    let mut owner = owner_with_log(database);
    let mut superuser = database.superuser();
    superuser.run(
        "create type odd as enum ('1', '2', '3', '4', '5', '6', '7', '8', '9', '10');
         create function odd_to_json(odd) returns json language plpgsql as $$ begin
             execute case $1::text::integer
                 when 1 then 'alter table tasks add column more text'
                 when 2 then 'drop trigger steward_audit on tasks'
                 when 3 then 'drop table audit.log'
                 when 4 then 'alter table audit.log add more text'
                 when 5 then 'comment on table audit.log is ''x'''
                 when 6 then 'analyze audit.log'
                 when 7 then 'create index on audit.log (lower(action))'
                 when 8 then 'select steward.extend_audit_log(''audit.log'', 20)'
                 when 9 then 'alter table audit.log rename to other; alter table audit.other rename to log'
                 else 'truncate tasks' end;
             return to_json('x'::text);
         end $$;
         create cast (odd as json) with function odd_to_json(odd)",
    );
    owner.run("create table tasks (id serial primary key, v odd)");
    owner.run(AUDIT);
    owner.run("insert into tasks (v) values (null)");
    for odd in 1..=10 {
        owner.run("begin");
        let result = owner.try_run(&format!("insert into tasks (v) values ('{odd}'), (null)"));
        if let Err(refusal) = result {
            // PostgreSQL's own word for a sequence that is gone.
            let is_gone = refusal.message().starts_with("could not open relation");
            assert!(is_gone || refusal.sqlstate() != "XX000", "{odd}: {refusal}");
        }
        owner.run("rollback");
    }
    assert_eq!(count(&mut owner, "audit.log"), 1);
    owner.run("insert into tasks (v) values (null)");
    assert_eq!(count(&mut owner, "audit.log"), 2);
}

fn errors_by_the_thousand(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (id integer primary key); select steward.audit('tasks', 'audit.log', require_actor => true)");
    owner.run(
        "do $$ begin
             for i in 1 .. 3000 loop
                 begin
                     perform set_config('app.user_id', case when i % 2 = 0 then 'u' else '' end, true);
                     insert into tasks values (i);
                 exception when insufficient_privilege then null;
                 end;
             end loop;
         end $$",
    );
    assert_eq!(count(&mut owner, "audit.log"), 1500);
    assert_eq!(count(&mut owner, "tasks"), 1500);
}

fn a_row_of_many_columns(database: &Database) {
    let mut owner = owner_with_log(database);
    let columns: Vec<_> = (0..1500)
        .map(|number| format!("c{number} boolean"))
        .collect();
    owner.run(&format!(
        "create table tasks (id integer primary key, {})",
        columns.join(", ")
    ));
    owner.run(AUDIT);
    owner.run("insert into tasks (id, c1499) values (1, true); update tasks set c1499 = false");
    assert_eq!(
        owner.value("select before, after from audit.log where action = 'UPDATE'"),
        r#"{"c1499": true}|{"c1499": false}"#
    );
}

/// A statement in a trigger of the table that the record goes into changes what the record was worked out from.
fn a_state_that_is_forgotten_while_it_is_used(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table own (id bigint generated always as identity, action text, changes jsonb); create table tasks (id serial primary key);
         select steward.audit('tasks', 'own');
         create function shake() returns trigger language plpgsql as $$ begin
             execute 'comment on table public.own is ' || quote_literal(new.id::text);
             execute 'analyze public.own';
             if new.id < 20 then insert into public.tasks default values; end if;
             return null;
         end $$;
         create trigger shake after insert on own for each row execute function shake();
         insert into tasks default values",
    );
    assert_eq!(count(&mut owner, "own"), 20);
    let mut other = database.session(Role::Owner);
    other.run("insert into tasks default values");
    assert_eq!(count(&mut owner, "own"), 21);
}
