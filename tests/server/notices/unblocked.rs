//! Tasks that nothing blocks any more.

use steward_tests::{Database, Role, tests};

use super::{owner_of_notified_tasks, told};

tests![
    the_assignees_are_told,
    what_is_refused_becomes_a_warning,
    nothing_is_told_where_nobody_wants_it,
    for_the_owner_only,
    when_the_last_blocker_goes,
    with_the_rights_of_nobody_else,
    a_refusal_leaves_readiness_as_it_is,
];

fn the_assignees_are_told(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'todo', 1), (2, 'two', 'todo', null), (3, 'three', 'todo', 2)");
    told(&mut owner);
    assert_eq!(
        owner.value("select steward.notify_unblocked('tasks', '{3,2,1,99}')"),
        "2"
    );
    assert_eq!(
        owner.rows("select title, message from notifications order by id"),
        [
            "Ready: three|Task 3, three, can be begun: nothing blocks it any more.",
            "Ready: one|Task 1, one, can be begun: nothing blocks it any more.",
        ]
    );
    assert_eq!(told(&mut owner), ["2|system|3", "1|system|1"]);
    assert_eq!(
        owner.value("select steward.notify_unblocked('tasks', '{}')"),
        "0"
    );
}

fn what_is_refused_becomes_a_warning(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'done', 99), (2, 'two', 'done', 1)");
    owner.run("select steward.notify_unblocked('tasks', '{1,2}')");
    assert_eq!(told(&mut owner), ["1|system|2"]);
    assert_eq!(
        owner.notices(),
        ["WARNING: nobody is told in public.notifications that task 1 is unblocked"]
    );
}

fn nothing_is_told_where_nobody_wants_it(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("select steward.notify_on('tasks', events => '{\"assigned\": \"task_assigned\"}'); insert into tasks values (1, 'one', 'done', 1)");
    assert_eq!(
        owner.value("select steward.notify_unblocked('tasks', '{1}')"),
        "0"
    );
    owner.run("select steward.detach('tasks', 'notices')");
    assert_eq!(
        owner.value("select steward.notify_unblocked('tasks', '{1}')"),
        "0"
    );
}

fn for_the_owner_only(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("grant all on tasks to writer");
    assert_eq!(
        database
            .session(Role::Writer)
            .sqlstate("select steward.notify_unblocked('tasks', '{1}')"),
        "42501"
    );
    assert_eq!(
        owner.sqlstate("select steward.notify_unblocked('tasks', null)"),
        "22023"
    );
    assert_eq!(
        owner.sqlstate("select steward.notify_unblocked('tasks', '{x}')"),
        "22P02"
    );
}

const TRACKED: &str = "
    create table task_dependencies (
        task_id integer references tasks on delete cascade, depends_on integer references tasks on delete cascade,
        primary key (task_id, depends_on)
    );
    create index on task_dependencies (depends_on);
    select steward.guard_dependencies('task_dependencies');
    select steward.track_completion('tasks', completed_at => null, edges => 'task_dependencies');
    insert into tasks values (1, 'one', 'todo', null), (2, 'two', 'todo', null), (3, 'three', 'todo', 3), (4, 'four', 'todo', 2);
    insert into task_dependencies values (3, 1), (3, 2), (4, 3)";

fn when_the_last_blocker_goes(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run(TRACKED);
    told(&mut owner);
    owner.run("update tasks set status = 'done' where id = 1");
    assert_eq!(told(&mut owner), [""; 0], "another one is left");
    owner.run("update tasks set status = 'done' where id = 2");
    assert_eq!(told(&mut owner), ["3|system|3"]);
    assert_eq!(
        owner.rows("select steward.complete_task('tasks', 3)"),
        ["4"]
    );
    assert_eq!(told(&mut owner), ["2|system|4", "3|task_completed|3"]);
    owner.run("update tasks set status = 'todo' where id = 3");
    assert_eq!(told(&mut owner), [""; 0]);
    owner.run("delete from task_dependencies where task_id = 4");
    assert_eq!(told(&mut owner), ["2|system|4"]);
    owner.run("insert into task_dependencies values (4, 3)");
    owner.run("delete from tasks where id = 3");
    assert_eq!(told(&mut owner), ["2|system|4"]);
    // A chain that is completed by one statement makes nothing ready.
    owner.run("insert into tasks values (5, 'five', 'todo', 1); insert into task_dependencies values (5, 4)");
    told(&mut owner);
    owner.run("update tasks set status = 'done' where id in (4, 5)");
    let mut all = told(&mut owner);
    all.sort();
    assert_eq!(all, ["1|task_completed|5", "2|task_completed|4"]);
}

fn with_the_rights_of_nobody_else(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run(TRACKED);
    owner.run(
        "grant select, update on tasks to writer; grant select on task_dependencies to writer",
    );
    told(&mut owner);
    database
        .session(Role::Writer)
        .run("update tasks set status = 'done' where id < 3");
    assert_eq!(told(&mut owner), ["3|system|3"]);
}

fn a_refusal_leaves_readiness_as_it_is(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run(TRACKED);
    owner.run("update tasks set assigned_to = 99 where id = 3");
    told(&mut owner);
    owner.run("update tasks set status = 'done' where id < 3");
    assert_eq!(told(&mut owner), [""; 0]);
    assert_eq!(
        owner.rows("select * from steward.verify_tasks('tasks')"),
        [""; 0]
    );
    assert_eq!(owner.notices().len(), 2);
}
