//! The stamp of a task that is done, and which status may follow which.

use steward_tests::{Database, tests};

use super::{TABLES, owner_with};

tests![
    a_task_that_becomes_done_is_stamped,
    enums_and_domains_are_statuses_too,
    without_the_rule_nothing_is_stamped,
    a_stamp_of_its_own_is_kept_on_insert,
    a_stamp_is_not_forged,
    a_stamp_that_is_missing_may_be_given,
    transitions_that_are_not_allowed_are_refused,
    labels_that_an_enum_does_not_have,
    a_status_that_was_renamed,
];

const STAMPED: &str = "select status, completed_at = now() from tasks where id = 1";

fn a_task_that_becomes_done_is_stamped(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("select steward.track_completion('tasks', done => '{done,closed}')");
    owner.run("insert into tasks (id) values (1)");
    assert_eq!(owner.value(STAMPED), "todo|NULL");
    owner.run("begin; update tasks set status = 'done'");
    assert_eq!(owner.value(STAMPED), "done|t");
    owner.run("commit; begin");
    // It stays done: the stamp stays too.
    owner.run("update tasks set status = 'closed', title = 'x'");
    assert_eq!(owner.value(STAMPED), "closed|f");
    owner.run("update tasks set status = 'doing'");
    assert_eq!(owner.value(STAMPED), "doing|NULL");
    owner.run("insert into tasks (id, status) values (2, 'closed')");
    assert!(owner.holds("select completed_at = now() from tasks where id = 2"));
    owner.run("update tasks set status = 'cancelled'; commit");
    assert_eq!(
        owner.rows("select completed_at from tasks"),
        ["NULL", "NULL"]
    );
}

fn enums_and_domains_are_statuses_too(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type stage as enum ('TODO', 'DOING', 'COMPLETED');
         create domain known_stage as stage;
         create domain short as varchar(20) check (value <> '');
         create table one (id uuid primary key default gen_random_uuid(), status stage, completed_at timestamp(0));
         create table two (id text primary key default 'x', status known_stage, completed_at timestamptz);
         create table three (id bigint primary key default 1, status short, completed_at timestamptz);
         select steward.track_completion(t::regclass, done => '{COMPLETED}') from unnest(array['one', 'two', 'three']) as t",
    );
    for table in ["one", "two", "three"] {
        owner.run(&format!("insert into {table} (status) values ('TODO')"));
        owner.run(&format!("update {table} set status = 'COMPLETED'"));
        assert!(owner.holds(&format!("select completed_at is not null from {table}")));
        assert_eq!(
            owner.value(&format!("select state from {table}_readiness")),
            "1"
        );
        owner.run(&format!("update {table} set status = null"));
        assert!(owner.holds(&format!("select completed_at is null from {table}")));
        assert_eq!(
            owner.value(&format!("select state, is_ready from {table}_readiness")),
            "0|t"
        );
        super::assert_verified(&mut owner, table);
    }
}

fn without_the_rule_nothing_is_stamped(database: &Database) {
    let mut owner = owner_with(database, super::TRACK);
    owner.run("select steward.detach('tasks', 'tasks')");
    owner.run("insert into tasks (id, status) values (1, 'done')");
    assert_eq!(owner.value("select completed_at from tasks"), "NULL");
}

fn a_stamp_of_its_own_is_kept_on_insert(database: &Database) {
    let mut owner = owner_with(database, super::TRACK);
    owner.run("insert into tasks values (1, 'old', 'done', '2001-01-01')");
    assert!(owner.holds("select completed_at = '2001-01-01' from tasks"));
}

fn a_stamp_is_not_forged(database: &Database) {
    let mut owner = owner_with(database, super::TRACK);
    owner.run(
        "insert into tasks values (1, 'old', 'done', '2001-01-01'), (2, 'open', 'todo', '2001-01-01'), (3, 'open', 'todo', null)",
    );
    let stamps = "select id, extract(year from completed_at) from tasks order by id";
    assert_eq!(owner.rows(stamps), ["1|2001", "2|NULL", "3|NULL"]);
    owner.run("update tasks set completed_at = '2002-01-01'");
    assert_eq!(owner.rows(stamps), ["1|2001", "2|NULL", "3|NULL"]);
    owner.run("update tasks set completed_at = null, title = 'new'");
    assert_eq!(owner.rows(stamps), ["1|2001", "2|NULL", "3|NULL"]);
    owner.run("update tasks set status = 'done', completed_at = '2002-01-01' where id = 3");
    assert!(owner.holds("select completed_at > now() - interval '1 hour' from tasks where id = 3"));
    // The control.
    owner.run("select steward.detach('tasks', 'tasks')");
    owner.run("update tasks set completed_at = '2002-01-01'");
    assert_eq!(owner.rows(stamps), ["1|2002", "2|2002", "3|2002"]);
}

fn a_stamp_that_is_missing_may_be_given(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "insert into tasks values (1, 'old', 'done', null), (2, 'open', 'todo', '2001-01-01')",
    );
    owner.run("select steward.track_completion('tasks')");
    owner.run("update tasks set title = 'x'");
    assert_eq!(
        owner.rows("select id from tasks where completed_at is not null"),
        ["2"],
        "what was there is not touched"
    );
    owner.run(
        "update tasks set completed_at = case when status = 'done' then date '2001-01-01' end",
    );
    assert_eq!(
        owner.rows("select id from tasks where completed_at is not null"),
        ["1"]
    );
}

fn transitions_that_are_not_allowed_are_refused(database: &Database) {
    let mut owner = owner_with(
        database,
        "select steward.track_completion('tasks', edges => 'edges',
             transitions => '{\"todo\": [\"doing\"], \"doing\": [\"todo\", \"done\"], \"it''s\": []}')",
    );
    owner.run("insert into tasks (id) values (1)");
    let refusal = owner.refusal("update tasks set status = 'done'");
    assert_eq!(
        (refusal.sqlstate(), refusal.constraint(), refusal.detail()),
        (
            "23514",
            Some("tasks_transitions"),
            Some("What may follow 'todo': 'doing'.")
        )
    );
    // What stays is no transition.
    owner.run("update tasks set status = 'todo', title = 'x'; update tasks set status = 'doing'");
    let refusal = owner.refusal("update tasks set status = 'cancelled'");
    assert_eq!(
        refusal.detail(),
        Some("What may follow 'doing': 'todo', 'done'.")
    );
    owner.run("update tasks set status = 'done'");
    let refusal = owner.refusal("update tasks set status = 'todo'");
    assert_eq!(refusal.detail(), Some("Nothing may follow 'done'."));
    // Any status may be the first one.
    owner.run("insert into tasks (id, status) values (2, 'it''s')");
    assert_eq!(
        owner.sqlstate("update tasks set status = 'todo' where id = 2"),
        "23514"
    );
}

fn labels_that_an_enum_does_not_have(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type stage as enum ('todo', 'finished');
         create table tasks (id integer primary key, status stage, completed_at timestamptz)",
    );
    for (call, argument) in [
        (
            "select steward.track_completion('tasks')",
            "done => '{...}'",
        ),
        (
            "select steward.track_completion('tasks', done => '{finished}', cancelled => '{dropped}')",
            "cancelled => '{...}'",
        ),
        (
            "select steward.track_completion('tasks', done => '{finished}', transitions => '{\"todo\": [\"doing\"]}')",
            "transitions => '{\"...\": [\"...\"]}'",
        ),
    ] {
        let refusal = owner.refusal(call);
        let hint =
            format!("Its labels are: todo, finished. Name those that are meant with {argument}.");
        assert_eq!(
            (refusal.sqlstate(), refusal.hint()),
            ("22023", Some(hint.as_str()))
        );
    }
    owner.run("select steward.track_completion('tasks', done => '{finished}')");
}

fn a_status_that_was_renamed(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type stage as enum ('todo', 'done');
         create table tasks (id integer primary key, title text, status stage, completed_at timestamptz);
         select steward.track_completion('tasks');
         insert into tasks (id) values (1);
         alter type stage rename value 'done' to 'finished'",
    );
    // What was worked out in this session counts by the value, not by its name.
    let mut other = database.owner();
    let refusal = other.refusal("update tasks set status = 'finished'");
    assert_eq!(refusal.sqlstate(), "42809", "{refusal}");
    other.run("select steward.track_completion('tasks', done => '{finished}')");
    other.run("update tasks set status = 'finished'");
    assert!(other.holds("select completed_at is not null from tasks"));
    other.run("alter table tasks rename column status to stage");
    let refusal = other.refusal("update tasks set stage = 'todo'");
    assert_eq!(refusal.sqlstate(), "42703", "{refusal}");
}
