//! Tasks that nothing blocks any more.

use steward_tests::{Database, Role, tests};

use super::{owner_of_notified_tasks, told};

tests![
    the_assignees_are_told,
    what_is_refused_becomes_a_warning,
    nothing_is_told_where_nobody_wants_it,
    for_the_owner_only,
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
