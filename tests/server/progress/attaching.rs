//! `roll_up_progress` as a call: its arguments, what it makes, and how it is undone.

use steward_tests::{Database, Session, tests};

use super::{ROLL_UP, TABLES, assert_right, owner_of_milestones, progress};
use crate::hostile;

tests![
    again_with_the_same_arguments,
    again_with_other_arguments,
    detached_the_parents_stay,
    in_the_transaction_that_made_the_tables,
    what_is_missing_is_refused,
    the_foreign_key_says_where_to,
    hostile_names,
    long_names,
    columns_that_are_renamed_or_dropped,
    tables_that_are_renamed_or_dropped,
    dumped_and_restored,
    what_gets_past_the_rule_is_found_and_mended,
    temporary_and_unlogged_tables,
    every_trigger_is_needed,
];

fn again_with_the_same_arguments(database: &Database) {
    let mut owner = owner_of_milestones(database);
    let state = "select t.oid, tgname, tgconstrrelid from pg_trigger as t where tgrelid = 'tasks'::regclass order by 1";
    let before = owner.rows(state);
    assert_eq!(
        owner.rows("select name, bound_table from steward.attachments order by 1"),
        [
            "steward_roll_up|tasks_progress",
            "steward_roll_up_begin|NULL",
            "steward_roll_up_flush|NULL",
            "steward_roll_up_into|milestones",
            "steward_roll_up_truncate|NULL",
        ]
    );
    owner.run("begin");
    owner.run(ROLL_UP);
    owner.run("select steward.roll_up_progress('tasks', destination => 'milestones', key => 'id', empty => 0)");
    assert_eq!(
        owner.rows("select mode from pg_locks where relation = 'tasks'::regclass"),
        ["AccessShareLock"]
    );
    owner.run("commit");
    assert_eq!(owner.rows(state), before);
}

fn again_with_other_arguments(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1, 'done'), (2, 1, 'closed')");
    assert_eq!(progress(&mut owner)[0], "1|50");
    owner.run("select steward.roll_up_progress('tasks', done => '{done,closed}')");
    assert_eq!(progress(&mut owner)[0], "1|100");
    owner.run(
        "alter table tasks add points integer default 1; update tasks set points = 3 where id = 1",
    );
    owner.run("select steward.roll_up_progress('tasks', weight => 'points')");
    assert_eq!(progress(&mut owner)[0], "1|75");
    assert_eq!(
        owner.rows("select relname from pg_class where relname like 'tasks_p%' and relkind = 'r'"),
        ["tasks_progress"]
    );
    assert_eq!(owner.value("select count(*) from steward.attachments"), "5");
}

fn detached_the_parents_stay(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1, 'done')");
    assert_eq!(
        owner.value("select steward.detach('tasks', 'progress', name => 'steward_roll_up')"),
        "5"
    );
    assert_eq!(progress(&mut owner), ["1|100", "2|0", "3|0"]);
    assert!(owner.holds("select to_regclass('tasks_progress') is null"));
    owner.run("delete from tasks");
    assert_eq!(progress(&mut owner), ["1|100", "2|0", "3|0"]);
    owner.run(ROLL_UP);
    assert_right(&mut owner);
    assert_eq!(
        owner.value("select steward.detach('tasks', 'progress')"),
        "5"
    );
}

fn in_the_transaction_that_made_the_tables(database: &Database) {
    let mut owner = database.owner();
    owner.run(&format!(
        "begin; {TABLES}; insert into milestones values (1); insert into tasks values (1, 1, 'done'); {ROLL_UP};
         insert into tasks values (2, 1, 'todo'); savepoint a; select steward.detach('tasks', 'progress'); rollback to a;
         insert into tasks values (3, 1, 'todo'), (4, 1, 'todo'); commit"
    ));
    assert_eq!(progress(&mut owner), ["1|25"]);
    assert_right(&mut owner);
}

/// What is refused, and how the error begins.
const REFUSED: &[(&str, &str)] = &[
    ("null", "22023: argument \"tasks\" must not be NULL"),
    ("'v'", "42809: public.v is not a table"),
    (
        "'tasks', parent => 'nothing'",
        "42703: column nothing of table public.tasks does not exist",
    ),
    (
        "'tasks', parent => null",
        "22023: argument \"parent\" must not be NULL",
    ),
    (
        "'tasks', 'id'",
        "42704: no foreign key says what column id of table public.tasks refers to",
    ),
    (
        "'tasks', destination => 'v'",
        "42809: public.v is not a table",
    ),
    (
        "'tasks', destination => 'milestones'",
        "55000: other tables inherit from public.milestones",
    ),
    (
        "'tasks', destination => 'loose'",
        "42704: table public.loose has no primary key of one column",
    ),
    (
        "'tasks', destination => 'loose', key => 'id'",
        "55000: table public.loose has no unique index on column id",
    ),
    (
        "'tasks', destination => 'plain', key => 'word'",
        "42809: column milestone_id of table public.tasks has another type than column word of table public.plain",
    ),
    (
        "'tasks', destination => 'plain', progress => 'word'",
        "42809: column word of table public.plain is not a number",
    ),
    (
        "'tasks', destination => 'plain', progress => 'twice'",
        "42809: column twice of table public.plain is generated",
    ),
    (
        "'tasks', destination => 'plain', progress => 'narrow'",
        "42809: column narrow of table public.plain has no room for 100",
    ),
    (
        "'tasks', destination => 'plain', progress => 'id'",
        "42809: column id of table public.plain is the key of the parents, and cannot be their progress too",
    ),
    (
        "'tasks', destination => 'plain', progress => 'x'",
        "42703: column x of table public.plain does not exist",
    ),
    (
        "'tasks', destination => 'plain', weight => 'real_weight'",
        "42809: column real_weight of table public.tasks cannot be a weight",
    ),
    (
        "'tasks', destination => 'plain', weight => 'word'",
        "42809: column word of table public.tasks cannot be a weight",
    ),
    (
        "'tasks', destination => 'plain', status => 'flag'",
        "42809: column flag of table public.tasks cannot be a status",
    ),
    (
        "'tasks', destination => 'plain', status => 'id'",
        "22P02: invalid input syntax for type bigint: \"done\"",
    ),
    (
        "'tasks', destination => 'plain', done => null",
        "22023: argument \"done\" must not be NULL",
    ),
    (
        "'tasks', destination => 'plain', empty => null",
        "22023: argument \"empty\" must not be NULL",
    ),
    (
        "'tasks', destination => 'plain', empty => 'NaN'",
        "22023: argument \"empty\" must be a number",
    ),
    (
        "'tasks', destination => 'plain', empty => 1e12",
        "22003: integer out of range",
    ),
    (
        "'tasks', destination => 'fleeting'",
        "42809: temporary table",
    ),
];

fn what_is_missing_is_refused(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "create view v as select 1 as id; create type color as enum ('red');
         create table loose (id integer, progress integer, narrow numeric(4,2), word text,
             twice integer generated always as (progress * 2) stored);
         create table children () inherits (milestones);
         create table plain (id integer primary key, progress integer, narrow numeric(4,2), word text, cents numeric(2,-1),
             twice integer generated always as (progress * 2) stored);
         alter table tasks add real_weight real, add word text, add flag boolean;
         create temporary table fleeting (id integer primary key, progress integer)",
    );
    for (arguments, expected) in REFUSED {
        let refusal = owner.refusal(&format!("select steward.roll_up_progress({arguments})"));
        let told = refusal.to_string();
        assert!(
            told.starts_with(expected)
                || arguments.contains("status => 'id'") && refusal.sqlstate() == "22P02",
            "{arguments}: {told}"
        );
    }
    assert_eq!(
        owner.rows("select from pg_trigger where tgrelid = 'tasks'::regclass and not tgisinternal"),
        [""; 0]
    );
    // Room for 100, in tens.
    owner.run(
        "select steward.roll_up_progress('tasks', destination => 'plain', progress => 'cents')",
    );
}

fn the_foreign_key_says_where_to(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table goals (id integer primary key, number bigint unique, progress integer);
         create table tasks (id integer, milestone_id bigint references goals (number), status text);
         insert into goals values (1, 100);
         select steward.roll_up_progress('tasks');
         insert into tasks values (1, 100, 'done')",
    );
    assert_eq!(owner.value("select progress from goals"), "100");
}

fn hostile_names(database: &Database) {
    let mut owner = database.owner();
    for name in hostile::names() {
        let (identifier, literal) = (hostile::identifier(&name), hostile::literal(&name));
        owner.run(&format!(
            "create schema {identifier}; set search_path = {identifier};
             create table {identifier} ({identifier} text primary key, progress numeric);
             create table tasks (x text references {identifier}, y text, w integer);
             alter table tasks rename x to {identifier}"
        ));
        owner.run(&format!(
            "select steward.roll_up_progress('tasks', parent => {literal}, status => 'y', done => array[{literal}]::text[],
                 cancelled => array[{literal} || 'x']::text[], weight => 'w', name => {literal});
             insert into {identifier} values ({literal});
             insert into tasks values ({literal}, {literal}, 1), ({literal}, 'open', 3), ({literal}, {literal} || 'x', 7)"
        ));
        assert_eq!(
            owner.value(&format!("select round(progress) from {identifier}")),
            "25",
            "{name}"
        );
        let verify = format!("select * from steward.verify_progress('tasks', {literal})");
        assert_eq!(owner.rows(&verify), [""; 0], "{name}");
        owner.run(&format!(
            "alter table {identifier} rename to parents; alter table tasks rename to duties; alter schema {identifier} rename to s;
             set search_path = s; truncate duties; select steward.detach('duties', 'progress'); drop schema s cascade"
        ));
    }
}

fn long_names(database: &Database) {
    let mut owner = database.owner();
    let table = "ü".repeat(31);
    owner.run(&format!(
        "create table p (id integer primary key, progress integer);
         create table \"{table}\" (p integer references p, status text);
         insert into p values (1)"
    ));
    for name in [
        "null",
        &format!("'{}'", "é".repeat(40)),
        &format!("'{}'", "x".repeat(80)),
    ] {
        owner.run(&format!(
            "select steward.roll_up_progress('\"{table}\"', parent => 'p', name => {name});
             select steward.roll_up_progress('\"{table}\"', parent => 'p', name => {name})"
        ));
        owner.run(&format!(
            "insert into \"{table}\" values (1, 'done'); truncate \"{table}\""
        ));
        assert_eq!(
            owner.value(&format!("select steward.detach('\"{table}\"', 'progress')")),
            "5"
        );
    }
}

fn columns_that_are_renamed_or_dropped(database: &Database) {
    for change in [
        "alter table tasks rename status to state",
        "alter table tasks drop milestone_id",
        "alter table milestones rename progress to percent",
        "alter table milestones rename id to number",
    ] {
        let mut owner = database.owner();
        owner.run("drop table if exists tasks, milestones cascade");
        owner.run(TABLES);
        owner.run(ROLL_UP);
        owner.run("insert into milestones values (1)");
        let insert = "insert into tasks (id) values (1)";
        owner.run(insert);
        owner.run("delete from tasks");
        owner.run(change);
        let refusal = owner.refusal(insert);
        assert_eq!(refusal.sqlstate(), "42703", "{change}");
        let hint = refusal.hint().unwrap_or_default();
        assert!(
            hint.contains("select steward.roll_up_progress('public.tasks'"),
            "{hint}"
        );
    }
    // Attached again, as the error says.
    let mut owner = database.owner();
    owner.run("select steward.roll_up_progress('tasks', key => 'number'); insert into tasks values (1, 1, 'done')");
    assert_eq!(owner.value("select progress from milestones"), "100");
}

fn tables_that_are_renamed_or_dropped(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1)");
    owner.run(
        "alter table milestones rename to goals; alter table tasks rename to duties; create schema elsewhere;
         alter table goals set schema elsewhere; alter table tasks_progress rename to counts",
    );
    owner.run("update duties set status = 'done'");
    assert_eq!(
        owner.value("select progress from elsewhere.goals where id = 1"),
        "100"
    );
    owner.run("truncate duties");
    assert_eq!(
        owner.value("select progress from elsewhere.goals where id = 1"),
        "0"
    );
    // Without parents there is nothing to keep.
    owner.run("drop table elsewhere.goals cascade; insert into duties values (1, 5, 'done'); update duties set status = 'x'; truncate duties");
    assert_eq!(
        owner.sqlstate("select steward.verify_progress('duties')"),
        "42704"
    );
    owner.run("select steward.detach('duties', 'progress')");
    assert_eq!(owner.rows("select from steward.attachments"), [""; 0]);
    assert!(owner.holds("select to_regclass('counts') is null"));
}

fn dumped_and_restored(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1, 'done'), (2, 1, 'todo')");
    let restored = database.restored();
    let attachments = |session: &mut Session| {
        session.rows("select * from steward.attachments order by target::text, name")
    };
    let mut after = restored.owner();
    assert_eq!(attachments(&mut after), attachments(&mut owner));
    assert_right(&mut after);
    after.run("update tasks set status = 'done'");
    assert_eq!(progress(&mut after)[0], "1|100");
    assert_right(&mut after);
    after.run("select steward.detach('tasks', 'progress')");
    assert!(after.holds(
        "select to_regclass('tasks_progress') is null and to_regclass('milestones') is not null"
    ));
}

fn what_gets_past_the_rule_is_found_and_mended(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1, 'done'), (2, 1, 'todo'), (3, 2, 'todo')");
    assert_eq!(owner.value("select steward.rebuild_progress('tasks')"), "0");
    owner.run(
        "alter table tasks disable trigger user; update tasks set status = 'done', milestone_id = 3 where id > 1;
         alter table tasks enable trigger user",
    );
    assert_eq!(
        owner.rows("select * from steward.verify_progress('tasks')"),
        [
            "counter|1|1 of 2 are kept, 1 of 1 are there",
            "counter|2|0 of 1 are kept, 0 of 0 are there",
            "counter|3|0 of 0 are kept, 2 of 2 are there",
            "progress|1|it is 50 and should be 100",
            "progress|3|it is 0 and should be 100",
        ]
    );
    assert_eq!(owner.value("select steward.rebuild_progress('tasks')"), "5");
    assert_right(&mut owner);
    owner.run("begin read only; select * from steward.verify_progress('tasks'); commit");
    assert_eq!(
        owner.sqlstate("select steward.rebuild_progress('milestones')"),
        "42704"
    );
}

fn temporary_and_unlogged_tables(database: &Database) {
    let mut owner = database.owner();
    for kind in ["temporary", "unlogged"] {
        owner.run(
            &TABLES
                .replace("create table", &format!("create {kind} table"))
                .replace("create table tasks", &format!("create {kind} table tasks")),
        );
        owner.run(ROLL_UP);
        owner.run("insert into milestones values (1); insert into tasks values (1, 1, 'done')");
        assert_eq!(progress(&mut owner), ["1|100"]);
        assert_right(&mut owner);
        owner.run("drop table tasks, milestones");
    }
}

/// A negative control: each of the triggers does something that no other does.
fn every_trigger_is_needed(database: &Database) {
    for (trigger, statement) in [
        ("steward_roll_up", "insert into tasks values (9, 1, 'done')"),
        ("steward_roll_up_into", "delete from tasks"),
        ("steward_roll_up_flush", "update tasks set status = 'done'"),
        ("steward_roll_up_truncate", "truncate tasks"),
    ] {
        let mut owner = database.owner();
        owner.run("drop table if exists tasks, milestones cascade");
        owner.run(TABLES);
        owner.run(
            "insert into milestones values (1); insert into tasks values (1, 1, 'todo'), (2, 1, 'done')",
        );
        owner.run(ROLL_UP);
        owner.run(&format!(
            "alter table tasks disable trigger {trigger}; {statement}"
        ));
        assert!(
            !owner
                .rows("select * from steward.verify_progress('tasks')")
                .is_empty(),
            "{trigger}"
        );
    }
}
