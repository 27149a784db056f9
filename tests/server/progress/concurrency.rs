//! Sessions that write tasks of the same parent at the same time, at every isolation level.

use steward_tests::{Database, Refusal, tests};

use super::{ROLL_UP, TABLES, assert_right, owner_of_milestones, progress};

tests![
    eight_sessions_complete_tasks_of_the_same_parent,
    eight_sessions_that_add_tasks_to_the_same_parent,
    a_trigger_that_counts_would_be_found_out,
    the_second_writer_sees_what_the_first_has_counted,
    one_that_changes_the_parent_first_does_not_deadlock,
    a_rule_that_locks_its_counter_first_does,
    parents_that_do_not_exist,
    statements_that_write_the_same_parents_in_another_order,
    different_parents_do_not_wait_for_each_other,
    attaching_waits_for_writers,
];

const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];
const SESSIONS: usize = 8;
const TASKS: usize = 15;

/// Runs `change(task)` in as many sessions as there are; those above READ COMMITTED try again on 40001. Returns
/// how often that was.
fn in_eight_sessions(
    database: &Database,
    levels: &[&str],
    change: impl Fn(usize) -> String + Sync,
) -> usize {
    let retries = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..SESSIONS {
            let mut session = database.owner();
            let (change, retries) = (&change, &retries);
            let level = levels[number % levels.len()];
            scope.spawn(move || {
                for round in 0..TASKS {
                    let statement = format!(
                        "begin isolation level {level}; {}; commit",
                        change(number * TASKS + round)
                    );
                    while let Err(error) = session.client().batch_execute(&statement) {
                        let refusal = Refusal::of(&error);
                        assert_eq!(
                            (refusal.sqlstate(), level == LEVELS[0]),
                            ("40001", false),
                            "{level}: {refusal}"
                        );
                        retries.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        session.run("rollback");
                    }
                }
            });
        }
    });
    retries.into_inner()
}

fn eight_sessions_complete_tasks_of_the_same_parent(database: &Database) {
    let mut owner = owner_of_milestones(database);
    for levels in [&LEVELS[..1], &LEVELS[1..2], &LEVELS[2..], &LEVELS[..]] {
        owner.run(&format!(
            "delete from tasks; insert into tasks select n, 1 from generate_series(0, {}) as n",
            SESSIONS * TASKS
        ));
        in_eight_sessions(database, levels, |task| {
            format!("update tasks set status = 'done' where id = {task}")
        });
        assert_eq!(progress(&mut owner)[0], "1|99", "all but one");
        assert_right(&mut owner);
    }
}

fn eight_sessions_that_add_tasks_to_the_same_parent(database: &Database) {
    let mut owner = owner_of_milestones(database);
    for levels in [&LEVELS[..1], &LEVELS[..]] {
        owner.run("truncate tasks");
        in_eight_sessions(database, levels, |task| {
            format!(
                "insert into tasks values ({task}, 1, '{}')",
                ["done", "todo"][task % 2]
            )
        });
        assert_eq!(progress(&mut owner)[0], "1|50");
        assert_right(&mut owner);
    }
}

/// A negative control: the trigger that one writes first, which counts the tasks each time.
fn a_trigger_that_counts_would_be_found_out(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "insert into milestones values (1); insert into tasks values (1, 1), (2, 1);
         create function count_them() returns trigger language plpgsql as $$ begin
             update milestones as m set progress = (
                 select 100 * count(*) filter (where status = 'done') / count(*) from tasks where milestone_id = m.id
             ) where m.id = new.milestone_id;
             return null;
         end $$;
         create trigger count_them after update on tasks for each row execute function count_them()",
    );
    let mut first = database.owner();
    first.run("begin; update tasks set status = 'done' where id = 1");
    let second = database
        .owner()
        .start("update tasks set status = 'done' where id = 2");
    second.until_blocked(&mut owner);
    first.run("commit");
    let (_, result) = second.finish();
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(progress(&mut owner), ["1|50"], "both are done");
    owner.run("drop trigger count_them on tasks; update tasks set status = 'todo'");
    owner.run(ROLL_UP);
    first.run("begin; update tasks set status = 'done' where id = 1");
    let second = database
        .owner()
        .start("update tasks set status = 'done' where id = 2");
    second.until_blocked(&mut owner);
    first.run("commit");
    let (_, result) = second.finish();
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(progress(&mut owner), ["1|100"]);
}

/// Its snapshot is older than what the first one committed; and still it is not refused, as long as it has not
/// waited for the parent itself.
fn the_second_writer_sees_what_the_first_has_counted(database: &Database) {
    let mut owner = owner_of_milestones(database);
    for level in &LEVELS[1..] {
        owner.run("truncate tasks; insert into tasks values (1, 1), (2, 1), (3, 1), (4, 1)");
        let mut second = database.owner();
        second.run(&format!(
            "begin isolation level {level}; select 1 from tasks where id = 2"
        ));
        owner.run("update tasks set status = 'done' where id = 1");
        let result = second.try_run("update tasks set status = 'done' where id = 2; commit");
        if *level == "repeatable read" {
            assert!(result.is_ok(), "{result:?}");
            assert_eq!(progress(&mut owner)[0], "1|50");
        } else if let Err(refusal) = result {
            assert_eq!(refusal.sqlstate(), "40001");
        }
        drop(second);
        assert_right(&mut owner);
    }
}

fn one_that_changes_the_parent_first_does_not_deadlock(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1), (2, 1)");
    let mut first = database.owner();
    first.run("begin; update milestones set title = 'new' where id = 1");
    let second = database
        .owner()
        .start("update tasks set status = 'done' where id = 1");
    second.until_blocked(&mut owner);
    first.run("update tasks set status = 'done' where id = 2; commit");
    let (_, result) = second.finish();
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(progress(&mut owner)[0], "1|100");
    assert_right(&mut owner);
}

/// A negative control: a counter of one's own that is written before the parent.
fn a_rule_that_locks_its_counter_first_does(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "insert into milestones values (1); insert into tasks values (1, 1), (2, 1);
         create table counters (id integer primary key, done integer); insert into counters values (1, 0);
         create function count_it() returns trigger language plpgsql as $$ begin
             update counters set done = done + 1 where id = new.milestone_id;
             update milestones set progress = 50 * (select done from counters where id = new.milestone_id) where id = new.milestone_id;
             return null;
         end $$;
         create trigger count_it after update on tasks for each row execute function count_it()",
    );
    let mut first = database.owner();
    first.run("begin; update milestones set title = 'new' where id = 1");
    let second = database
        .owner()
        .start("update tasks set status = 'done' where id = 1");
    second.until_blocked(&mut owner);
    let outcome = first.try_run("update tasks set status = 'done' where id = 2; commit");
    drop(first);
    let (_, result) = second.finish();
    let states: Vec<_> = [outcome, result]
        .into_iter()
        .filter_map(Result::err)
        .map(|refusal| refusal.sqlstate().to_owned())
        .collect();
    assert_eq!(states, ["40P01"]);
}

fn parents_that_do_not_exist(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table milestones (id integer primary key, progress integer default 0);
         create table tasks (id integer primary key, milestone_id integer, status text);
         select steward.roll_up_progress('tasks', destination => 'milestones')",
    );
    for levels in [&LEVELS[..1], &LEVELS[..]] {
        owner.run("truncate tasks");
        in_eight_sessions(database, levels, |task| {
            format!("insert into tasks values ({task}, 1, 'todo')")
        });
        assert_eq!(
            owner.value("select done, total from tasks_progress"),
            "0|120"
        );
        in_eight_sessions(database, levels, |task| {
            format!("delete from tasks where id = {task}")
        });
        assert_eq!(owner.value("select count(*) from tasks_progress"), "0");
    }
}

fn statements_that_write_the_same_parents_in_another_order(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run(&format!(
        "insert into tasks select n, n % 3 + 1 from generate_series(0, {}) as n",
        3 * SESSIONS * TASKS
    ));
    // Each statement has tasks of its own, in all three parents, and comes to the parents in another order.
    in_eight_sessions(database, &LEVELS[..1], |task| {
        let mut ids = [3 * task, 3 * task + 1, 3 * task + 2];
        ids.rotate_left(task % 3);
        format!(
            "with t (id) as (values ({}), ({}), ({})) \
             update tasks set status = 'done' from t where t.id = tasks.id",
            ids[0], ids[1], ids[2]
        )
    });
    assert_right(&mut owner);
}

fn different_parents_do_not_wait_for_each_other(database: &Database) {
    let mut owner = owner_of_milestones(database);
    owner.run("insert into tasks values (1, 1), (2, 2)");
    for level in LEVELS {
        let (mut first, mut second) = (database.owner(), database.owner());
        for (session, id) in [(&mut first, 1), (&mut second, 2)] {
            session.run(&format!(
                "set lock_timeout = '2s'; begin isolation level {level}; update tasks set status = 'x' || status where id = {id}"
            ));
        }
        first.run("commit");
        assert!(
            second.try_run("commit").is_ok_and(|()| true) || level == LEVELS[2],
            "{level}"
        );
    }
    assert_right(&mut owner);
}

fn attaching_waits_for_writers(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("insert into milestones values (1); insert into tasks values (1, 1)");
    let mut writer = database.owner();
    writer.run("begin; update tasks set status = 'done'");
    let attaching = database.owner().start(ROLL_UP);
    attaching.until_blocked(&mut owner);
    writer.run("commit");
    let (_, result) = attaching.finish();
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(progress(&mut owner), ["1|100"]);
    assert_right(&mut owner);
}
