//! With whose rights notices are written.

use steward_tests::{Database, Role, tests};

use super::{NOTIFY, TABLES, owner_of_notified_tasks, told};

tests![
    a_writer_needs_no_right_on_the_notices,
    a_stranger_cannot_attach,
    a_destination_of_another_owner,
    an_owner_that_changes,
    a_hand_written_trigger_writes_nobody_elses_table,
    a_member_of_the_owning_role,
];

fn a_writer_needs_no_right_on_the_notices(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("grant select, insert, update on tasks to writer");
    database
        .session(Role::Writer)
        .run("insert into tasks values (1, 'one', 'todo', 1)");
    assert_eq!(told(&mut owner), ["1|task_assigned|1"]);
}

fn a_stranger_cannot_attach(database: &Database) {
    database.owner().run(TABLES);
    assert_eq!(database.session(Role::Stranger).sqlstate(NOTIFY), "42501");
}

fn a_destination_of_another_owner(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("grant all on notifications, tasks to stranger");
    let mut stranger = database.session(Role::Stranger);
    stranger.run("create table stranger.tasks (like public.tasks)");
    let refusal = stranger.refusal(
        "select steward.notify_on('stranger.tasks', destination => 'public.notifications')",
    );
    assert_eq!(
        (refusal.sqlstate(), refusal.message()),
        (
            "42501",
            "tables stranger.tasks and public.notifications have different owners"
        )
    );
}

fn an_owner_that_changes(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    database
        .superuser()
        .run("alter table notifications owner to stranger");
    assert_eq!(
        owner.sqlstate("insert into tasks values (1, 'one', 'todo', 1)"),
        "42501"
    );
}

fn a_hand_written_trigger_writes_nobody_elses_table(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "grant references, trigger on notifications to stranger; grant select on tasks to stranger",
    );
    let mut stranger = database.session(Role::Stranger);
    stranger.run(
        "create table stranger.tasks (like public.tasks);
         create constraint trigger t after insert or update on stranger.tasks from public.notifications for each row
             execute function steward.collect_notices('assigned=system', 'key=id', 'assignee=assigned_to', 'user_column=user_id',
                 'type_column=type', 'title_column=title', 'message_column=message');
         create trigger t_begin before insert on stranger.tasks for each statement execute function steward.settle_notices();
         create trigger t_flush after insert on stranger.tasks for each statement execute function steward.settle_notices()",
    );
    assert_eq!(
        stranger.sqlstate("insert into stranger.tasks values (1, 'one', 'todo', 1)"),
        "42501"
    );
    assert_eq!(told(&mut owner), [""; 0]);
}

fn a_member_of_the_owning_role(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    let mut member = database.session(Role::Member);
    member.run(NOTIFY);
    member.run("insert into tasks values (1, 'one', 'todo', 1)");
    assert_eq!(told(&mut owner), ["1|task_assigned|1"]);
}
