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
    a_superuser_who_attaches_lends_nothing,
    a_warning_names_no_task_that_policies_hide,
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

fn a_superuser_who_attaches_lends_nothing(database: &Database) {
    let mut stranger = database.session(Role::Stranger);
    stranger.run(
        "create table stranger.seen (who text);
         grant all on stranger.seen to public;
         create function stranger.look(value text) returns boolean language plpgsql as $$ begin
             insert into stranger.seen values (current_user); return true; end $$;
         create domain stranger.label as text check (stranger.look(value));
         create table stranger.tasks (id integer primary key, title text, status text, assigned_to integer, created_by integer, is_delayed boolean);
         create table stranger.notifications (user_id integer, type stranger.label check (stranger.look(type)),
             title text, message text, related_task_id integer)",
    );
    let mut superuser = database.superuser();
    superuser.run("select steward.notify_on('stranger.tasks')");
    assert_eq!(
        superuser.rows("select distinct who from stranger.seen"),
        ["stranger"]
    );
    // Negative control: a statement of the superuser's own runs it with all his rights.
    superuser.run("insert into stranger.notifications (type) values ('x')");
    assert_eq!(
        superuser.value("select count(distinct who) from stranger.seen"),
        "2"
    );
}

fn a_warning_names_no_task_that_policies_hide(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table tasks (id integer primary key, title text, owner text, status text not null default 'todo',
             assigned_to text, completed_at timestamptz);
         create table edges (task_id integer not null references tasks, depends_on integer not null references tasks,
             primary key (task_id, depends_on));
         create index on edges (depends_on);
         create table notifications (user_id integer, type text, title text, message text, related_task_id integer);
         select steward.guard_dependencies('edges');
         select steward.track_completion('tasks', edges => 'edges');
         insert into tasks (id, title, owner, assigned_to) values (1, 'mine', 'writer', null), (2, 'secret', 'owner', 'hidden person');
         insert into edges values (2, 1);
         alter table notifications add check (title not like '%secret%');
         grant select, update on tasks to writer",
    );
    owner.run("alter table tasks alter assigned_to type text; alter table notifications alter user_id type text using null");
    owner.run("select steward.notify_on('tasks', creator => null, events => '{\"unblocked\": \"system\"}')");
    let mut writer = database.session(Role::Writer);
    let told = "update tasks set status = 'done' where id = 1";
    writer.run("begin");
    writer.run(told);
    writer.run("rollback");
    assert_eq!(
        writer.notices(),
        ["WARNING: nobody is told in public.notifications that task 2 is unblocked"],
        "the control"
    );
    owner.run("alter table tasks enable row level security; create policy mine on tasks using (owner = current_user)");
    assert_eq!(writer.rows("select id from tasks"), ["1"]);
    writer.run(told);
    assert_eq!(
        writer.notices(),
        ["WARNING: nobody is told in public.notifications that a task is unblocked"]
    );
}
