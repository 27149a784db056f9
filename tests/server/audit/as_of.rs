//! `as_of`: what a row was at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};

use steward_tests::{Database, Session, tests};

tests![
    every_state_of_a_random_history,
    before_and_after_everything,
    redacted_and_ignored_columns,
    a_row_that_is_older_than_the_audit,
    a_row_that_a_truncate_took,
    columns_that_are_called_otherwise_now,
    not_everything_recorded,
    json_that_jsonb_cannot_hold,
];

/// Columns whose values are easily lost on the way through JSON.
pub(super) const TYPES: &str = "
    create type mood as enum ('low', 'high');
    create type pair as (a integer, b text);
    create domain some_text as text check (value <> '');
    create domain needed as integer not null;
    create table t (
        id integer, gone integer, part text default 'a', n numeric, f double precision, r real, b bytea,
        at timestamptz, day date, span interval, list text[], grid integer[], span_of int4range, mood mood,
        pair pair, words some_text, j json, jb jsonb, needed needed default 0, word char(4), bits bit(3),
        doubled numeric generated always as (n * 2) stored,
        primary key (id, part)
    );
    alter table t drop column gone";

/// Values for a row of that table, chosen by a number.
const VALUES: &str = "
    create function some_row(number integer) returns t language plpgsql as $body$
    declare row t;
    begin
        row.id := number % 5; row.part := (array['a', 'b'])[1 + number % 2];
        row.n := (array['1.50', 'NaN', 'Infinity', '-0.0001', null, '1e30'])[1 + number % 6]::numeric;
        row.f := (array['0.1', 'NaN', '-Infinity', '1e300', null])[1 + number % 5]::float8;
        row.r := (array['0.1', 'NaN', '3.4e38', null])[1 + number % 4]::real;
        row.b := (array['\\x00ff'::bytea, '\\x', null])[1 + number % 3];
        row.at := (array['infinity', '2026-03-29 02:30+01', '0044-03-15 12:00 BC', null])[1 + number % 4]::timestamptz;
        row.day := (array['-infinity', '2026-02-28', '10000-01-01', null])[1 + number % 4]::date;
        row.span := (array['-1 year 2 days -03:04:05.6', '1 mon -1 day', '0', null])[1 + number % 4]::interval;
        row.list := (array['{}', '{\"a,b\",null,\"{x}\"}', null, '{NULL,\"null\"}'])[1 + number % 4]::text[];
        row.grid := (array['{{1,2},{3,4}}', '{}', null])[1 + number % 3]::integer[];
        row.span_of := (array['[1,5)', 'empty', '(,3)', null])[1 + number % 4]::int4range;
        row.mood := (array['low', 'high', null])[1 + number % 3]::mood;
        row.pair := (array[row(1, 'x \"y\" (z)')::pair, row(null, '')::pair, null])[1 + number % 3];
        row.words := (array['it''s', '{\"redacted\": true}', null, E'a\\nb\\\\'])[1 + number % 4];
        row.j := (array['{\"a\": [1, 2]}', '\"x\"', null, '[]'])[1 + number % 4]::json;
        row.jb := (array['{\"redacted\": false}', '{\"redacted\": true, \"a\": 1}', '1', null])[1 + number % 4]::jsonb;
        row.needed := number; row.word := (array['ab', '', null])[1 + number % 3];
        row.bits := (array['101', null])[1 + number % 2]::bit(3);
        return row;
    end $body$";

/// Changes the table in many ways and keeps every state of every row, with its time.
const CHANGES: &str = "
    do $body$
    declare
        columns text := (select string_agg(quote_ident(attname), ', ') from pg_attribute
            where attrelid = 't'::regclass and attnum > 0 and not attisdropped and attgenerated = '');
        choice integer; number integer;
    begin
        perform setseed(0.42);
        for step in 0..90 loop
            choice := random() * 9; number := random() * 100000;
            if choice < 4 then
                execute format('insert into t (%1$s) select %1$s from some_row($1) on conflict do nothing', columns) using number;
            elsif choice < 7 then
                update t set (n, f, r, b, at, day, span, list, grid) =
                    (select n, f, r, b, at, day, span, list, grid from some_row(number)) where id = number % 5;
            elsif choice < 8 then
                update t set (span_of, mood, pair, words, j, jb, needed, word, bits) =
                    (select span_of, mood, pair, words, j, jb, needed, word, bits from some_row(number));
            elsif choice < 9 then
                update t set part = (array['a', 'b', 'c'])[1 + number / 5 % 3], n = number
                where id = number % 5 and part = (select min(part) from t as o where o.id = number % 5)
                    and not exists (select from t as o where o.id = t.id
                        and o.part = (array['a', 'b', 'c'])[1 + number / 5 % 3]);
            else
                delete from t where id = number % 5 and part <> 'a';
            end if;
            perform pg_sleep(0.00001);
            insert into states select step, clock_timestamp(), id, part, to_jsonb(t) from t;
            insert into states select step, clock_timestamp(), -1, null, null;
            commit;
        end loop;
    end $body$";

/// The table after many changes, audited; `partitioned` spreads it over two partitions.
pub(super) fn changed_at_random(database: &Database, partitioned: bool) -> Session {
    let mut owner = database.owner();
    let types = if partitioned {
        TYPES
            .replace(
                "primary key (id, part)\n    )",
                "primary key (id, part)\n    ) partition by list (part)",
            )
            .replace(
                "alter table t drop column gone",
                "alter table t drop column gone; create table t_a partition of t for values in ('a');
                 create table t_other partition of t default",
            )
    } else {
        TYPES.to_owned()
    };
    owner.run(&types);
    owner.run(VALUES);
    owner.run(
        "select steward.create_audit_log('audit.log'); select steward.audit('t', 'audit.log')",
    );
    owner.run(
        "create table states (step integer, at timestamptz, id integer, part text, row jsonb); set timezone = 'UTC'",
    );
    owner.run(CHANGES);
    owner.run("reset timezone");
    owner
}

/// The states in which `as_of` differs from what was kept, of all keys at all times.
fn wrong_states(session: &mut Session) -> Vec<String> {
    session.rows(
        "with keys as (select distinct id, part from states where id >= 0),
             times as (select step, at from states where id = -1 and step % 3 = 0)
         select step, id, part, s.row, a from times cross join keys left join states as s using (step, id, part)
         cross join lateral steward.as_of('t', jsonb_build_object('id', id, 'part', part), times.at) as a
         where a is distinct from s.row limit 3",
    )
}

fn every_state_of_a_random_history(database: &Database) {
    for partitioned in [false, true] {
        let another = database.create_another().expect("a database");
        let mut owner = changed_at_random(&another, partitioned);
        assert!(
            owner.holds(
                "select count(*) > 300 and count(distinct (id, part)) > 9 from states where id >= 0"
            ),
            "enough happened"
        );
        owner.run(
            "set timezone = 'Asia/Kolkata'; set datestyle = 'SQL, DMY'; set intervalstyle = 'iso_8601';
             set bytea_output = 'escape'; set extra_float_digits = -3",
        );
        assert_eq!(wrong_states(&mut owner), [""; 0]);
        // A change past the audit is what it cannot see; so the comparison can fail.
        owner.run(
            "alter table t disable trigger user; update t set n = 7 where id = 1; alter table t enable trigger user",
        );
        let wrong = catch_unwind(AssertUnwindSafe(|| wrong_states(&mut owner)));
        assert_ne!(wrong.expect("states").len(), 0);
    }
}

fn before_and_after_everything(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run("insert into tasks values (1, 'write'), (2, null); update tasks set title = 'read'; delete from tasks where id = 2");
    let title = |owner: &mut Session, id, at| {
        owner.value(&format!(
            "select steward.as_of('tasks', {id}, {at}) ->> 'title'"
        ))
    };
    assert_eq!(title(&mut owner, 1, "'infinity'"), "read");
    assert_eq!(title(&mut owner, 1, "'-infinity'"), "NULL");
    assert_eq!(title(&mut owner, 1, "now() + interval '1 day'"), "read");
    assert_eq!(title(&mut owner, 1, "now() - interval '1 day'"), "NULL");
    assert_eq!(title(&mut owner, 2, "'infinity'"), "NULL");
    assert_eq!(
        title(
            &mut owner,
            2,
            "(select max(logged_at) - interval '1 microsecond' from steward.history('tasks', 2))"
        ),
        "read"
    );
    assert_eq!(title(&mut owner, 3, "now()"), "NULL");
}

fn redacted_and_ignored_columns(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write', 'new', 'one', 5); update tasks set secret = 'two', title = 'read', touched = 6",
    );
    let states =
        owner.rows("select steward.as_of('tasks', 1, logged_at) from steward.history('tasks', 1)");
    assert_eq!(
        states,
        ["write", "read"].map(|title| format!(
            r#"{{"id": 1, "state": "new", "title": "{title}", "secret": {{"redacted": true}}}}"#
        ))
    );
}

const BEFORE: &str = "(select min(logged_at) - interval '1 microsecond' from audit.log)";

fn a_row_that_is_older_than_the_audit(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table t (id integer primary key, a text, b text); insert into t values (1, 'a', 'b'), (2, 'c', 'd');
         select steward.create_audit_log('audit.log'); select steward.audit('t', 'audit.log');
         update t set a = 'x' where id = 1; update t set a = 'y' where id = 1; delete from t where id = 2",
    );
    let state = |owner: &mut Session, id| {
        owner.value(&format!("select steward.as_of('t', {id}, {BEFORE})"))
    };
    assert_eq!(state(&mut owner, 1), r#"{"a": "a", "b": "b", "id": 1}"#);
    assert_eq!(state(&mut owner, 2), r#"{"a": "c", "b": "d", "id": 2}"#);
    // What happened to it last is not known, nor what it was at first.
    owner.run("truncate t");
    let refusal = owner.refusal(&format!("select steward.as_of('t', 1, {BEFORE})"));
    assert_eq!(refusal.sqlstate(), "55000", "{refusal}");
    assert_eq!(owner.value("select steward.as_of('t', 1, now())"), "NULL");
    owner.run("insert into t values (1)");
    assert_eq!(
        owner.value("select steward.as_of('t', 1, 'infinity') ->> 'id'"),
        "1"
    );
    assert_eq!(
        owner.sqlstate(&format!("select steward.as_of('t', 1, {BEFORE})")),
        "55000"
    );
}

fn a_row_that_a_truncate_took(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write'); update tasks set title = 'read'; update tasks set state = 'done';
         truncate tasks; insert into tasks values (1, 'sleep')",
    );
    let states = owner.rows(
        "select h.action, a ->> 'title', a ->> 'state' from steward.history('tasks', 1) as h
         cross join lateral steward.as_of('tasks', 1, h.logged_at) as a",
    );
    assert_eq!(
        states,
        [
            "INSERT|write|new",
            "UPDATE|read|new",
            "UPDATE|read|done",
            "TRUNCATE|NULL|NULL",
            "INSERT|sleep|new",
        ]
    );
}

fn columns_that_are_called_otherwise_now(database: &Database) {
    let mut owner = super::owner_of_audited_tasks(database);
    owner.run(
        "insert into tasks values (1, 'write'); update tasks set title = 'read';
         alter table tasks rename title to name; alter table tasks drop column state; alter table tasks add column more text",
    );
    assert_eq!(
        owner.value("select steward.as_of('tasks', 1, 'infinity')"),
        r#"{"id": 1, "more": null, "name": "read", "secret": {"redacted": true}}"#
    );
    // As recorded: the log has the name that the column had.
    assert_eq!(
        owner.value("select steward.as_of('tasks', 1, min(logged_at)) ->> 'title' from steward.history('tasks', 1)"),
        "write"
    );
}

fn not_everything_recorded(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "select steward.create_audit_log('audit.log'); create table t (id integer primary key);
         select steward.audit('t', 'audit.log', actions => '{INSERT,UPDATE}'); insert into t values (1)",
    );
    let refusal = owner.refusal("select steward.as_of('t', 1, now())");
    assert_eq!(
        refusal.to_string(),
        "55000: DELETE is not recorded of table public.t\n\
         DETAIL: What a row was at a time follows from all its changes since.\n\
         HINT: Leave out the argument actions when you call steward.audit(...).\n\
         SCHEMA: public\nTABLE: t"
    );
    owner.run("create table plain (id integer); create table keyed (id integer)");
    owner.run("select steward.audit('keyed', 'audit.log', key => '{id}')");
    assert_eq!(
        owner.sqlstate("select steward.as_of('plain', 1, now(), log => 'audit.log')"),
        "55000"
    );
    owner.run("insert into keyed values (null)");
    assert_eq!(
        owner.value("select steward.as_of('keyed', '{\"id\": null}'::jsonb, 'infinity')"),
        r#"{"id": null}"#
    );
}

fn json_that_jsonb_cannot_hold(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        r#"select steward.create_audit_log('audit.log'); create table t (id integer primary key, j json, n integer);
           select steward.audit('t', 'audit.log');
           insert into t values (1, '{"a": "\u0000"}', 1); update t set n = 2"#,
    );
    let as_of = r"select j ->> 'n', j ->> 'j' from steward.as_of('t', 1, clock_timestamp()) as j";
    assert_eq!(owner.rows(as_of), [r#"2|{"a": "\u0000"}"#]);
    let last = owner.value("select max(sequence) from audit.log");
    owner.run(&format!("select steward.undo('t', 1, {last})"));
    assert_eq!(owner.value("select n from t"), "1");
}
