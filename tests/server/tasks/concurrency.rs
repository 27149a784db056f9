//! Two sessions that write at the same time, at every level of isolation.

use steward_tests::{Database, Refusal, Session, tests};

use super::{assert_verified, kept, owner_of_tracked_tasks, owner_with, ready};

tests![
    the_last_two_blockers_are_completed_at_once,
    without_the_rule_neither_sees_the_other,
    a_blocker_is_reopened_while_its_dependent_is_completed,
    a_task_is_completed_while_its_blocker_is_reopened,
    a_blocker_is_added_while_the_task_is_completed,
    a_blocker_is_completed_while_it_is_added,
    a_task_is_given_a_reopened_blocker,
    different_tasks_do_not_wait_for_each_other,
    writers_at_repeatable_read_do_not_fail_for_a_counter,
    attaching_waits_for_who_is_writing,
];

const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];

/// Every pair of levels.
fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    LEVELS
        .into_iter()
        .flat_map(|first| LEVELS.map(|second| (first, second)))
}

/// 3 waits for 1 and 2; 4 for 3.
const START: &str = "truncate tasks, edges;
    insert into tasks (id) values (1), (2), (3), (4); insert into edges values (3, 1), (3, 2), (4, 3)";

/// One statement waits for the other's transaction, whose snapshots are both older than what either writes.
fn race(
    database: &Database,
    levels: (&str, &str),
    first_writes: &str,
    second_writes: &str,
) -> Result<(), Refusal> {
    let (mut first, mut second) = (database.owner(), database.owner());
    let mut observer = database.owner();
    for (session, level) in [(&mut first, levels.0), (&mut second, levels.1)] {
        session.run(&format!(
            "begin isolation level {level}; select count(*) from tasks"
        ));
    }
    first.run(first_writes);
    let waiting = second.start(&format!("{second_writes}; commit"));
    waiting.until_blocked(&mut observer);
    first.run("commit");
    waiting.finish().1
}

fn done(task: i32) -> String {
    format!("update tasks set status = 'done' where id = {task}")
}

fn the_last_two_blockers_are_completed_at_once(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run("create table made_ready (task text)");
    for levels in pairs() {
        owner.run(START);
        owner.run("truncate made_ready");
        let complete = |task: i32| {
            format!("insert into made_ready select * from steward.complete_task('tasks', {task})")
        };
        let result = race(database, levels, &complete(1), &complete(2));
        if let Err(refusal) = &result {
            assert!(
                levels.1 == "serializable" && refusal.sqlstate() == "40001",
                "{levels:?}: {refusal}"
            );
            database.owner().run(&complete(2));
        }
        assert_eq!(ready(&mut owner), ["3"], "{levels:?}");
        assert_eq!(
            owner.rows("select task from made_ready"),
            ["3"],
            "{levels:?}"
        );
        assert_verified(&mut owner, "tasks");
    }
}

/// The same with a look at the blockers instead of a counter: each finds the other one open.
fn without_the_rule_neither_sees_the_other(database: &Database) {
    let mut owner = database.owner();
    owner.run(super::TABLES);
    owner.run(
        "create table ready (task integer);
         create function note_ready() returns trigger language plpgsql as $$ begin
             insert into ready select task_id from edges as e where depends_on = new.id and not exists (
                 select from edges as o join tasks as b on b.id = o.depends_on where o.task_id = e.task_id and b.status <> 'done'
             );
             return null;
         end $$;
         create trigger note_ready after update on tasks for each row execute function note_ready()",
    );
    owner.run(START);
    let (mut first, mut second) = (database.owner(), database.owner());
    first.run(&format!("begin; {}", done(1)));
    second.run(&done(2));
    first.run("commit");
    assert_eq!(owner.rows("select * from ready"), [""; 0]);
}

fn a_blocker_is_reopened_while_its_dependent_is_completed(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    for levels in pairs() {
        owner.run(START);
        owner.run("update tasks set status = 'done' where id in (1, 2)");
        let refusal = race(
            database,
            levels,
            "update tasks set status = 'todo' where id = 1",
            &done(3),
        )
        .expect_err("it has an open blocker again");
        assert!(
            ["55000", "40001"].contains(&refusal.sqlstate()),
            "{levels:?}: {refusal}"
        );
        assert!(
            levels.1 == "serializable" || refusal.sqlstate() == "55000",
            "{levels:?}: {refusal}"
        );
        assert_eq!(kept(&mut owner)[2], "3|0|1|f");
        assert_verified(&mut owner, "tasks");
    }
}

fn a_task_is_completed_while_its_blocker_is_reopened(database: &Database) {
    let mut owner = owner_with(
        database,
        "select steward.track_completion('tasks', edges => 'edges', on_reopen => 'block')",
    );
    for levels in pairs() {
        owner.run("truncate tasks, edges");
        owner.run(START);
        owner.run("update tasks set status = 'done' where id in (1, 2)");
        let refusal = race(
            database,
            levels,
            &done(3),
            "update tasks set status = 'todo' where id = 1",
        )
        .expect_err("what waits for it is done");
        assert!(
            ["55000", "40001"].contains(&refusal.sqlstate()),
            "{levels:?}: {refusal}"
        );
        assert_eq!(kept(&mut owner)[2], "3|1|0|f");
        assert_verified(&mut owner, "tasks");
    }
}

fn a_blocker_is_added_while_the_task_is_completed(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    for levels in pairs() {
        owner.run(START);
        let refusal = race(
            database,
            levels,
            "insert into edges values (2, 1)",
            &done(2),
        )
        .expect_err("it has a blocker");
        assert!(
            ["55000", "40001"].contains(&refusal.sqlstate()),
            "{levels:?}: {refusal}"
        );
        assert_eq!(kept(&mut owner)[1], "2|0|1|f");
        assert_verified(&mut owner, "tasks");
    }
}

fn a_blocker_is_completed_while_it_is_added(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    for levels in pairs() {
        for (first, second) in [
            (done(1), "insert into edges values (2, 1)".to_owned()),
            ("insert into edges values (2, 1)".to_owned(), done(1)),
        ] {
            owner.run(START);
            if let Err(refusal) = race(database, levels, &first, &second) {
                assert!(
                    levels.1 != "read committed" && refusal.sqlstate() == "40001",
                    "{levels:?}: {refusal}"
                );
                database.owner().run(&second);
            }
            assert_eq!(kept(&mut owner)[..2], ["1|1|0|f", "2|0|0|t"], "{levels:?}");
            assert_verified(&mut owner, "tasks");
        }
    }
}

fn a_task_is_given_a_reopened_blocker(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    for levels in pairs() {
        owner.run(START);
        owner.run(&done(1));
        if let Err(refusal) = race(
            database,
            levels,
            "update tasks set status = 'todo' where id = 1",
            "insert into edges values (2, 1)",
        ) {
            assert!(
                levels.1 != "read committed" && refusal.sqlstate() == "40001",
                "{levels:?}: {refusal}"
            );
            database.owner().run("insert into edges values (2, 1)");
        }
        assert_eq!(
            kept(&mut owner)[..3],
            ["1|0|0|t", "2|0|1|f", "3|0|2|f"],
            "{levels:?}"
        );
        assert_verified(&mut owner, "tasks");
    }
}

fn different_tasks_do_not_wait_for_each_other(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(START);
    owner.run("insert into tasks (id) values (5), (6), (7)");
    let (mut first, mut second) = (database.owner(), database.owner());
    second.run("set lock_timeout = '2s'");
    first.run(
        "begin; update tasks set status = 'done' where id = 1; insert into edges values (6, 5)",
    );
    // The same blocker, another task; another blocker; and the counter of what is a blocker itself.
    second.run("begin; insert into edges values (7, 5); insert into tasks (id) values (8); update tasks set status = 'done' where id = 8; insert into edges values (8, 6); commit");
    first.run("commit");
    assert_verified(&mut owner, "tasks");
}

fn writers_at_repeatable_read_do_not_fail_for_a_counter(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(START);
    let mut late: Session = database.owner();
    late.run("begin isolation level repeatable read; select count(*) from tasks_readiness");
    owner.run(&done(1));
    // The row of 3 has changed since that snapshot.
    late.run(&format!("{}; commit", done(2)));
    assert_eq!(ready(&mut owner), ["3"]);
    assert_verified(&mut owner, "tasks");
}

fn attaching_waits_for_who_is_writing(database: &Database) {
    let mut owner = database.owner();
    owner.run(super::TABLES);
    owner.run("insert into tasks (id) values (1), (2)");
    let mut writer = database.owner();
    writer.run("begin; insert into tasks (id) values (3); insert into edges values (3, 1)");
    let waiting = database.owner().start(super::TRACK);
    waiting.until_blocked(&mut owner);
    writer.run("commit");
    assert!(waiting.finish().1.is_ok());
    assert_eq!(kept(&mut owner), ["1|0|0|t", "2|0|0|t", "3|0|1|f"]);
}
