//! Every way of writing tasks.

use steward_tests::{Database, tests};

use super::{NOTIFY, TABLES, owner_of_notified_tasks, told};

tests![
    rolled_back_with_the_change,
    triggers_that_write_tasks,
    upserts,
    partitions,
    rows_that_move_to_another_partition,
    straight_into_a_partition,
    several_attachments,
    a_writer_who_waits,
];

fn rolled_back_with_the_change(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run(
        "begin; insert into tasks values (1, 'one', 'todo', 1); savepoint a; insert into tasks values (2, 'two', 'todo', 1); rollback to a; commit;
         begin; update tasks set assigned_to = 2; rollback",
    );
    assert_eq!(told(&mut owner), ["1|task_assigned|1"]);
}

fn triggers_that_write_tasks(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run(
        "create function pass_on() returns trigger language plpgsql as $$ begin
             if new.assigned_to < 3 then update tasks set assigned_to = new.assigned_to + 1 where id = new.id; end if;
             return null;
         end $$;
         create trigger pass_on after insert or update on tasks for each row execute function pass_on();
         insert into tasks values (1, 'one', 'todo', 1)",
    );
    assert_eq!(
        owner.rows("select distinct user_id from notifications order by 1"),
        ["1", "2", "3"]
    );
}

fn upserts(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    let upsert = "insert into tasks values (1, 'one', 'todo', 1), (2, 'two', 'todo', 2) on conflict (id) do update \
                  set assigned_to = 3, status = 'done'";
    owner.run("insert into tasks values (1, 'one', 'todo', 2)");
    told(&mut owner);
    owner.run(upsert);
    let mut all = told(&mut owner);
    all.sort();
    assert_eq!(all, ["2|task_assigned|2", "3|task_completed|1"]);
}

fn partitions(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer, title text, status text, assigned_to integer, created_by integer, is_delayed boolean)
             partition by list (status);
         create table tasks_open partition of tasks for values in ('todo');
         create table tasks_done partition of tasks for values in ('done');
         create table notifications (id integer generated always as identity, user_id integer, type text, title text, message text,
             related_task_id integer)",
    );
    owner.run(NOTIFY);
    owner.run("insert into tasks values (1, 'one', 'todo', 1, 3), (2, 'two', 'todo', 2, null)");
    assert_eq!(told(&mut owner), ["1|task_assigned|1", "2|task_assigned|2"]);
    owner.run("delete from tasks where id = 2");
    assert_eq!(told(&mut owner), [""; 0]);
    owner.run("select steward.detach('tasks', 'notices')");
    assert_eq!(
        owner.rows("select from pg_trigger where not tgisinternal"),
        [""; 0]
    );
}

fn partitioned(database: &Database) -> steward_tests::Session {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer, title text, status text, assigned_to integer, created_by integer, is_delayed boolean)
             partition by list (status);
         create table tasks_open partition of tasks for values in ('todo');
         create table tasks_done partition of tasks for values in ('done');
         create table notifications (id integer generated always as identity, user_id integer, type text, title text, message text,
             related_task_id integer)",
    );
    owner.run(NOTIFY);
    owner
}

fn rows_that_move_to_another_partition(database: &Database) {
    let mut owner = partitioned(database);
    owner.run("insert into tasks values (1, 'one', 'todo', 1, 3), (2, 'two', 'todo', 2, null)");
    told(&mut owner);
    owner.run("update tasks set status = 'done'");
    assert_eq!(
        told(&mut owner),
        ["3|task_completed|1", "2|task_completed|2"]
    );
    owner.run("update tasks set status = 'todo', assigned_to = 2");
    assert_eq!(told(&mut owner), ["2|task_assigned|1"]);
}

fn straight_into_a_partition(database: &Database) {
    let mut owner = partitioned(database);
    owner.run("insert into tasks_open values (1, 'one', 'todo', 1, 3)");
    assert_eq!(told(&mut owner), ["1|task_assigned|1"]);
    owner.run("begin; update tasks_open set assigned_to = 2; set constraints all immediate");
    assert_eq!(told(&mut owner), ["2|task_assigned|1"]);
    owner.run("commit");
    assert_eq!(told(&mut owner), [""; 0]);
}

fn several_attachments(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run(
        "create table inbox (user_id integer, type text, related_task_id integer);
         select steward.notify_on('tasks', destination => 'inbox', events => '{\"assigned\": \"new\"}', title_column => null,
             message_column => null, name => 'inbox');
         insert into tasks values (1, 'one', 'todo', 1)",
    );
    assert_eq!(told(&mut owner), ["1|task_assigned|1"]);
    assert_eq!(owner.rows("select * from inbox"), ["1|new|1"]);
    assert_eq!(
        owner.value("select steward.detach('tasks', 'notices', name => 'steward_tell_inbox')"),
        "3"
    );
    owner.run("update tasks set assigned_to = 2");
    assert_eq!(told(&mut owner), ["2|task_assigned|1"]);
    assert_eq!(owner.rows("select * from inbox"), ["1|new|1"]);
    owner.run("drop table notifications; update tasks set assigned_to = 1");
    assert_eq!(TABLES.matches("create table").count(), 3);
}

/// The second of two writers sees the row as the first left it.
fn a_writer_who_waits(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'todo', 1, 3)");
    told(&mut owner);
    let mut first = database.owner();
    first.run("begin; update tasks set status = 'done'");
    let second = database.owner().start("update tasks set status = 'done'");
    second.until_blocked(&mut owner);
    first.run("commit");
    let (_, result) = second.finish();
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(told(&mut owner), ["3|task_completed|1"]);
}
