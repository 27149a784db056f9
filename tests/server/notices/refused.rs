//! What the table of notices refuses does not fail the task's own write.

use steward_tests::{Database, Session, tests};

use super::{NOTIFY, TABLES, owner_of_notified_tasks, told};

tests![
    a_user_that_does_not_exist,
    one_of_many_is_refused,
    many_are_refused,
    every_kind_of_refusal,
    a_policy_that_the_owner_forced_upon_itself,
    locks_and_settings_are_as_before,
    in_a_function_with_exception,
    what_has_to_be_tried_again_goes_on,
    an_error_of_another_kind_goes_on,
    without_the_subtransaction_the_write_fails,
];

fn a_user_that_does_not_exist(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'todo', 99)");
    assert_eq!(owner.value("select assigned_to from tasks"), "99");
    assert_eq!(told(&mut owner), [""; 0]);
    let notices = owner.notices();
    assert_eq!(
        notices,
        ["WARNING: nobody is told in public.notifications that task 1 is assigned"]
    );
}

fn one_of_many_is_refused(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks values (1, 'one', 'todo', 1), (2, 'two', 'todo', 99), (3, 'three', 'todo', 2)");
    assert_eq!(told(&mut owner), ["1|task_assigned|1", "2|task_assigned|3"]);
    assert_eq!(owner.notices().len(), 1);
}

fn many_are_refused(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run("insert into tasks select n, 'x', 'todo', 99 from generate_series(1, 100) as n; insert into tasks values (101, 'y', 'todo', 1)");
    assert_eq!(told(&mut owner), ["1|task_assigned|101"]);
    let notices = owner.notices();
    assert_eq!(notices.len(), 6);
    assert_eq!(
        notices[5],
        "WARNING: 95 more notices could not be written to public.notifications"
    );
}

/// Each makes the table refuse what it took when the rule was attached.
fn every_kind_of_refusal(database: &Database) {
    for change in [
        "alter table notifications add constraint never check (title <> 'Assigned to you: one')",
        "alter table notifications add x integer not null default null",
        "alter table notifications alter related_task_id type integer, add unique (user_id); insert into notifications (user_id, type, title, message) values (1, 'system', '', '')",
        "alter table notifications drop constraint notifications_type_check; alter table notifications alter type type varchar(5)",
        "alter table notifications alter title type integer using 0",
        "create domain short as text check (length(value) < 3); alter table notifications alter message type short using null",
        "alter table notifications add exclude (type with =); insert into notifications (user_id, type, title, message) values (1, 'task_assigned', '', '')",
    ] {
        let mut owner = database.owner();
        owner.run("drop table if exists notifications, tasks, users cascade");
        owner.run(TABLES);
        owner.run("alter table notifications alter message drop not null");
        owner.run(NOTIFY);
        owner.run(change);
        owner.run("delete from tasks");
        owner.notices();
        owner.run("insert into tasks values (1, 'one', 'todo', 1)");
        assert_eq!(owner.value("select count(*) from tasks"), "1", "{change}");
        assert_eq!(
            owner.notices(),
            ["WARNING: nobody is told in public.notifications that task 1 is assigned"],
            "{change}"
        );
    }
}

fn a_policy_that_the_owner_forced_upon_itself(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run(
        "alter table notifications enable row level security; alter table notifications force row level security;
         create policy own on notifications using (true) with check (user_id = 2);
         insert into tasks values (1, 'one', 'todo', 1), (2, 'two', 'todo', 2)",
    );
    assert_eq!(told(&mut owner), ["2|task_assigned|2"]);
    assert_eq!(owner.notices().len(), 1);
}

fn state(session: &mut Session) -> Vec<String> {
    session.rows(
        "select current_user, session_user, current_setting('search_path'), pg_trigger_depth()",
    )
}

fn locks_and_settings_are_as_before(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    let mut writer = database.session(steward_tests::Role::Writer);
    owner.run("grant select, insert, update on tasks to writer");
    let before = state(&mut writer);
    writer.run("begin; insert into tasks values (1, 'one', 'todo', 99)");
    assert_eq!(state(&mut writer), before);
    writer.run("savepoint a; insert into tasks values (2, 'two', 'todo', 99), (3, 'three', 'todo', 1); rollback to a; insert into tasks values (4, 'four', 'todo', 1); commit");
    assert_eq!(state(&mut writer), before);
    assert_eq!(told(&mut owner), ["1|task_assigned|4"]);
}

fn in_a_function_with_exception(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    owner.run(
        "do $$ begin
             for task in 1..3 loop
                 begin
                     insert into tasks values (task, 'x', 'todo', 98 + task);
                     insert into tasks values (10 + task, 'x', 'todo', 1);
                     if task = 2 then perform 1 / 0; end if;
                 exception when division_by_zero then
                     null;
                 end;
             end loop;
         end $$",
    );
    assert_eq!(
        told(&mut owner),
        ["1|task_assigned|11", "1|task_assigned|13"]
    );
    assert_eq!(
        owner.rows("select id from tasks order by id"),
        ["1", "3", "11", "13"]
    );
}

/// Whoever raises such an error in the place of a notice is heard: a trigger of the table does it here.
fn raising(owner: &mut Session, condition: &str) -> String {
    owner.run(&format!(
        "create or replace function refuse() returns trigger language plpgsql as $$ begin
             raise exception using errcode = '{condition}', message = 'no', detail = 'a detail', hint = 'a hint', column = 'c', constraint = 'k';
         end $$;
         drop trigger if exists refuse on notifications;
         create trigger refuse before insert on notifications for each row execute function refuse()"
    ));
    owner
        .refusal("insert into tasks values (1, 'one', 'todo', 1), (2, 'two', 'todo', 1)")
        .to_string()
}

fn what_has_to_be_tried_again_goes_on(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    for condition in ["40001", "40P01"] {
        assert_eq!(
            raising(&mut owner, condition),
            format!("{condition}: no\nDETAIL: a detail\nHINT: a hint\nCOLUMN: c\nCONSTRAINT: k"),
            "with all its fields"
        );
    }
    assert_eq!(owner.value("select count(*) from tasks"), "0");
    // The session goes on.
    owner.run(
        "drop trigger refuse on notifications; insert into tasks values (1, 'one', 'todo', 1)",
    );
    assert_eq!(told(&mut owner), ["1|task_assigned|1"]);
}

fn an_error_of_another_kind_goes_on(database: &Database) {
    let mut owner = owner_of_notified_tasks(database);
    assert!(raising(&mut owner, "P0001").starts_with("P0001: no"));
    owner.run(
        "drop trigger refuse on notifications; alter table notifications rename title to heading",
    );
    let refusal = owner.refusal("insert into tasks values (1, 'one', 'todo', 1)");
    assert_eq!(refusal.sqlstate(), "42703");
    let hint = refusal.hint().unwrap_or_default();
    let call = hint
        .strip_prefix("Attach again with the column's new name: ")
        .expect("a call");
    owner.run(&call.replace("title_column => 'title'", "title_column => 'heading'"));
    owner.run("insert into tasks values (1, 'one', 'todo', 1)");
    assert_eq!(told(&mut owner), ["1|task_assigned|1"]);
    // Stopped is stopped.
    owner.run(
        "create or replace function refuse() returns trigger language plpgsql as 'begin perform pg_sleep(9); return new; end';
         create trigger refuse before insert on notifications for each row execute function refuse();
         set statement_timeout = '200ms'",
    );
    assert_eq!(
        owner.sqlstate("insert into tasks values (2, 'two', 'todo', 1)"),
        "57014"
    );
}

/// A negative control: the trigger that one writes first.
fn without_the_subtransaction_the_write_fails(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "create function tell() returns trigger language plpgsql as $$ begin
             insert into notifications (user_id, type, title, message, related_task_id)
             values (new.assigned_to, 'task_assigned', new.title, new.title, new.id);
             return null;
         end $$;
         create trigger tell after insert on tasks for each row execute function tell()",
    );
    assert_eq!(
        owner.sqlstate("insert into tasks values (1, 'one', 'todo', 99)"),
        "23503"
    );
}
