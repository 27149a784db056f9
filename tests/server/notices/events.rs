//! Whom each event is told to.

use steward_tests::{Database, tests};

use super::{TABLES, owner_of_notified_tasks, told};

tests![
    assigned,
    not_to_whoever_did_it,
    completed,
    delayed,
    several_at_once,
    in_words,
    what_nobody_is_told_of,
    a_map_of_ones_own,
    uuids_and_enums,
];

fn assigned(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'todo', 1), (2, 'two', 'todo', null), (3, 'three', 'done', 1)");
    assert_eq!(told(&mut owner), ["1|task_assigned|1"]);
    owner.run("update tasks set assigned_to = 2");
    assert_eq!(
        told(&mut owner),
        ["2|task_assigned|1", "2|task_assigned|2"],
        "one that is done needs nobody"
    );
    owner.run("update tasks set assigned_to = 2; update tasks set title = 'x'; update tasks set assigned_to = null");
    assert_eq!(told(&mut owner), [""; 0]);
}

fn not_to_whoever_did_it(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1), (2)");
    for setting in ["app.current_user_id", "app.user_id"] {
        owner.run(&format!(
            "begin; set local {setting} = '1'; update tasks set assigned_to = 1; update tasks set assigned_to = 2; commit"
        ));
        assert_eq!(
            told(&mut owner),
            ["2|task_assigned|1", "2|task_assigned|2"],
            "{setting}"
        );
    }
    // Of two settings the first counts; a blank says nothing.
    owner.run("set app.current_user_id = ' '; set app.user_id = '1'; update tasks set assigned_to = 1 where id = 1");
    assert_eq!(told(&mut owner), [""; 0]);
    owner.run("set app.current_user_id = 'nobody'; update tasks set assigned_to = 1 where id = 2");
    assert_eq!(told(&mut owner), ["1|task_assigned|2"]);
}

fn completed(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run(
        "insert into tasks values (1, 'one', 'todo', 1, 3), (2, 'two', 'todo', 2, null), (3, 'three', 'todo', null, null),
             (4, 'four', 'done', null, 3)",
    );
    told(&mut owner);
    owner.run("update tasks set status = 'done'");
    assert_eq!(
        told(&mut owner),
        ["3|task_completed|1", "2|task_completed|2"],
        "to the creator, else to the assignee"
    );
    owner.run("update tasks set status = 'done'; update tasks set status = 'todo'");
    assert_eq!(told(&mut owner), [""; 0]);
    owner.run("update tasks set status = 'done' where id = 1");
    assert_eq!(told(&mut owner), ["3|task_completed|1"]);
}

fn delayed(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run(
        "alter table tasks add end_date date;
         insert into tasks values (1, 'one', 'todo', 1, 3, false, '2020-01-01'), (2, 'two', 'todo', 2, 3, null, '2020-01-01'),
             (3, 'three', 'todo', null, 3, false, '2020-01-01'), (4, 'four', 'todo', 1, 3, true, '9999-01-01')",
    );
    told(&mut owner);
    assert_eq!(
        owner.rows("select * from steward.flag_delayed('tasks') order by 1"),
        ["1|t", "2|t", "3|t", "4|f"]
    );
    assert_eq!(told(&mut owner), ["1|task_delayed|1", "2|task_delayed|2"]);
    owner.run("select steward.flag_delayed('tasks')");
    assert_eq!(told(&mut owner), [""; 0]);
}

fn several_at_once(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'todo', 1, 3)");
    told(&mut owner);
    owner.run("update tasks set assigned_to = 2, is_delayed = true");
    assert_eq!(told(&mut owner), ["2|task_assigned|1", "2|task_delayed|1"]);
    // Two of them are written by one statement.
    owner.run(
        "create table statements (rows bigint);
         create function count_them() returns trigger language plpgsql as $$ begin
             insert into public.statements select count(*) from written; return null;
         end $$;
         create trigger count_them after insert on notifications referencing new table as written
             for each statement execute function count_them();
         insert into tasks select n, 'many', 'todo', 1 from generate_series(10, 1009) as n",
    );
    assert_eq!(owner.rows("select * from statements"), ["1000"]);
}

fn in_words(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1, 'Write the page', 'todo', 1, 3), (2, null, 'todo', 1, 3); update tasks set is_delayed = true, status = 'done'");
    assert_eq!(
        owner.rows("select title, message, is_read from notifications order by id"),
        [
            "Assigned to you: Write the page|Task 1, Write the page, is assigned to you.|f",
            "Assigned to you: 2|Task 2 is assigned to you.|f",
            "Completed: Write the page|Task 1, Write the page, is completed.|f",
            "Delayed: Write the page|Task 1, Write the page, is delayed.|f",
            "Completed: 2|Task 2 is completed.|f",
            "Delayed: 2|Task 2 is delayed.|f",
        ]
    );
    // What is too long for the column of the title is cut.
    owner.run("insert into tasks values (3, repeat('ü', 200), 'todo', 1)");
    assert_eq!(
        owner.value("select title, length(message) from notifications order by id desc limit 1"),
        format!("Assigned to you: {}|{}", "ü".repeat(23), 200 + 29)
    );
    assert_eq!(owner.notices(), [""; 0]);
}

fn what_nobody_is_told_of(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("alter table tasks drop is_delayed, drop status, drop created_by, drop title");
    owner.run(
        "select steward.notify_on('tasks', events => '{\"assigned\": \"task_assigned\", \"completed\": null}', title => null)",
    );
    owner.run("insert into tasks values (1, 1)");
    assert_eq!(told(&mut owner), ["1|task_assigned|1"]);
}

fn a_map_of_ones_own(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tickets (number bigint primary key, state integer, owner_name text, asked text, late boolean);
         create table inbox (whom text, what text, ticket bigint);
         select steward.notify_on('tickets', destination => 'inbox', events => '{\"completed\": \"it''s \\\"over\\\"\", \"delayed\": \"late\"}',
             key => 'number', assignee => 'owner_name', creator => 'asked', title => null, status => 'state', done => '{7,8}', flag => 'late',
             user_column => 'whom', type_column => 'what', title_column => null, message_column => null, task_column => 'ticket');
         insert into tickets values (1, 1, 'a', 'b', false);
         update tickets set state = 8; update tickets set state = 7; update tickets set late = true; update tickets set owner_name = 'c'",
    );
    assert_eq!(
        owner.rows("select * from inbox"),
        ["b|it's \"over\"|1", "a|late|1"]
    );
}

fn uuids_and_enums(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create type task_status as enum ('pending', 'done'); create type notice as enum ('new', 'over');
         create domain identity as uuid;
         create table tasks (id identity primary key, title text, status task_status, assigned_to identity, created_by uuid);
         create table notifications (user_id uuid, type notice not null, title text, message text, related_task_id uuid);
         select steward.notify_on('tasks', events => '{\"assigned\": \"new\", \"completed\": \"over\"}');
         set app.user_id = '00000000-0000-0000-0000-00000000000A';
         insert into tasks values ('00000000-0000-0000-0000-000000000001', 'x', 'pending', '00000000-0000-0000-0000-00000000000a'),
             ('00000000-0000-0000-0000-000000000002', 'y', 'pending', '00000000-0000-0000-0000-00000000000b');
         update tasks set status = 'done'",
    );
    assert_eq!(
        owner.rows("select right(user_id::text, 1), type, right(related_task_id::text, 1) from notifications"),
        ["b|new|2", "a|over|1", "b|over|2"]
    );
}
