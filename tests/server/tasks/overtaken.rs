//! Triggers of the user's that write a task again before ours have told of the first time: what is kept is what the
//! task is like in the end, and who completes it so is refused as anybody is.

use steward_tests::{Database, Session, tests};

use super::{CHAIN, assert_verified, kept, owner_of_tracked_tasks};

tests![
    a_trigger_that_completes_what_was_reviewed,
    without_the_trigger_it_stays_open,
    a_trigger_that_completes_before_the_blockers,
    a_trigger_that_reopens,
    a_trigger_that_completes_what_is_claimed,
    a_trigger_that_completes_what_the_statement_wrote_before,
    a_trigger_that_deletes_what_it_fired_for,
    a_trigger_that_deletes_what_got_another_key,
    a_trigger_that_deletes_what_was_inserted,
    a_trigger_that_moves_the_due_date,
    a_trigger_of_a_partition,
];

/// A trigger that fires before ours do, as their names sort.
fn with_trigger(owner: &mut Session, time: &str, body: &str) {
    owner.run(&format!(
        "create function follow_up() returns trigger language plpgsql as $$ begin {body} return new; end $$;
         create trigger a_follow_up {time} on tasks for each row execute function follow_up()",
    ));
}

const COMPLETES: &str =
    "if new.status = 'review' then update tasks set status = 'done' where id = new.id; end if;";

fn a_trigger_that_completes_what_was_reviewed(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    with_trigger(&mut owner, "after update", COMPLETES);
    owner.run("update tasks set status = 'review' where id = 1");
    assert_eq!(owner.value("select status from tasks where id = 1"), "done");
    assert_verified(&mut owner, "tasks");
    assert_eq!(
        owner.rows("select * from steward.ready_tasks('tasks')"),
        ["2", "5"]
    );
    owner.run("update tasks set status = 'review'");
    assert_eq!(
        kept(&mut owner),
        ["1|1|0|f", "2|1|0|f", "3|1|0|f", "4|1|0|f", "5|1|0|f"]
    );
    assert_verified(&mut owner, "tasks");
}

fn without_the_trigger_it_stays_open(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    owner.run("update tasks set status = 'review' where id = 1");
    assert_eq!(
        owner.value("select status from tasks where id = 1"),
        "review"
    );
    assert_verified(&mut owner, "tasks");
}

fn a_trigger_that_completes_before_the_blockers(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    with_trigger(&mut owner, "after update", COMPLETES);
    let refusal = owner.refusal("update tasks set status = 'review' where id = 2");
    assert_eq!(
        (refusal.sqlstate(), refusal.detail()),
        ("55000", Some("It waits for 1 (Task 1)."))
    );
    assert_verified(&mut owner, "tasks");
}

fn a_trigger_that_reopens(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    with_trigger(
        &mut owner,
        "after update",
        "if new.status = 'done' then update tasks set status = 'todo' where id = new.id; end if;",
    );
    // Nothing is refused that is open in the end.
    owner.run("update tasks set status = 'done' where id in (2, 5)");
    assert_eq!(
        owner.rows("select distinct status from tasks where id in (2, 5)"),
        ["todo"]
    );
    assert_verified(&mut owner, "tasks");
}

fn a_trigger_that_completes_what_is_claimed(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    with_trigger(&mut owner, "after update", COMPLETES);
    owner.run("select * from steward.claim_task('tasks', 'agent')");
    let refusal = owner.refusal("update tasks set status = 'review' where id = 1");
    assert_eq!(
        (refusal.sqlstate(), refusal.constraint()),
        ("55000", Some("tasks_claimed"))
    );
}

/// The rows that a statement has written are there for what a BEFORE trigger of the next row does.
fn a_trigger_that_completes_what_the_statement_wrote_before(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    with_trigger(
        &mut owner,
        "before update",
        "if new.id = 5 then update tasks set status = 'done' where id = 1; end if;",
    );
    owner.run("update tasks set status = 'doing' where id in (1, 5)");
    assert_eq!(owner.value("select status from tasks where id = 1"), "done");
    assert_verified(&mut owner, "tasks");
}

fn a_trigger_that_deletes_what_it_fired_for(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    with_trigger(
        &mut owner,
        "after update",
        "if new.status = 'gone' then delete from tasks where id = new.id; end if;",
    );
    owner.run("update tasks set status = 'gone' where id in (1, 5)");
    assert_eq!(kept(&mut owner), ["2|0|0|t", "3|0|1|f", "4|0|1|f"]);
    assert_verified(&mut owner, "tasks");
}

fn a_trigger_that_deletes_what_got_another_key(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    with_trigger(
        &mut owner,
        "after update",
        "if new.status = 'gone' then delete from tasks where id = new.id; end if;",
    );
    owner.run("update tasks set id = 9, status = 'gone' where id = 1");
    assert_eq!(
        kept(&mut owner),
        ["2|0|0|t", "3|0|1|f", "4|0|1|f", "5|0|0|t"]
    );
    assert_verified(&mut owner, "tasks");
}

fn a_trigger_that_deletes_what_was_inserted(database: &Database) {
    let mut owner = owner_of_tracked_tasks(database);
    owner.run(CHAIN);
    with_trigger(
        &mut owner,
        "after insert",
        "if new.status = 'gone' then delete from tasks where id = new.id; end if;
         if new.status = 'review' then
             update tasks set status = 'done' where id = new.id;
             update tasks set id = id + 1 where id = new.id;
         end if;",
    );
    owner.run("insert into tasks (id, status) values (6, 'gone'), (7, 'review'), (9, 'todo')");
    assert_eq!(
        owner.rows("select task, state from tasks_readiness where task > 5 order by task"),
        ["8|1", "9|0"]
    );
    assert_verified(&mut owner, "tasks");
}

fn a_trigger_that_moves_the_due_date(database: &Database) {
    let mut owner = database.owner();
    owner.run(super::TABLES);
    owner.run("alter table tasks add priority integer, add due_date date");
    owner.run(super::GUARD);
    owner.run(super::TRACK);
    owner.run(CHAIN);
    with_trigger(
        &mut owner,
        "after update",
        "if new.priority = 1 then update tasks set priority = 2, due_date = '2026-01-02' where id = new.id; end if;",
    );
    owner.run("update tasks set priority = 1, due_date = '2026-01-01' where id = 5");
    assert_eq!(
        owner.value("select priority, due from tasks_readiness where task = 5"),
        "2|2026-01-02"
    );
    assert_verified(&mut owner, "tasks");
}

/// What comes straight into a partition is told of when it was worked off what the trigger did.
fn a_trigger_of_a_partition(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (
             id integer primary key, title text, status text not null default 'todo', completed_at timestamptz
         ) partition by hash (id);
         create table tasks_0 partition of tasks for values with (modulus 2, remainder 0);
         create table tasks_1 (completed_at timestamptz, status text not null default 'todo', title text, id integer not null);
         alter table tasks attach partition tasks_1 for values with (modulus 2, remainder 1);
         create table edges (task_id integer, depends_on integer, primary key (task_id, depends_on));
         create index on edges (depends_on)",
    );
    owner.run(super::GUARD);
    owner.run(super::TRACK);
    owner.run(CHAIN);
    with_trigger(
        &mut owner,
        "after update",
        "if new.status = 'review' then update tasks set status = 'done' where id = new.id; end if;
         if new.status = 'gone' then delete from tasks where id = new.id; end if;",
    );
    for partition in ["tasks_0", "tasks_1"] {
        owner.run(&format!(
            "update {partition} set status = 'review' where id in (1, 5); update {partition} set status = 'gone' where id = 2;
             update {partition} set status = 'doing' where id = 3"
        ));
        assert_verified(&mut owner, "tasks");
    }
    assert_eq!(
        kept(&mut owner),
        ["1|1|0|f", "3|0|0|t", "4|0|1|f", "5|1|0|f"]
    );
}
