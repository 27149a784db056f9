//! Tasks: the steps that they take, what is late, and who is told, through a role that only reads and writes rows.

use steward_tests::{Database, Session, tests};

use super::{application, migrated};

tests![
    a_task_goes_step_by_step,
    a_done_task_is_stamped,
    the_most_urgent_is_ready_first,
    without_the_rule_it_goes_anywhere_and_is_not_stamped,
    what_is_late_is_flagged,
    the_flag_is_the_callers_own_change,
    people_are_told,
    who_does_it_is_not_told,
    without_the_rule_nobody_is_told,
    unblocked_comes_with_dependencies_only,
    a_notification_never_fails_the_task,
    the_application_needs_no_right_to_notify,
];

/// A session of the application, and users 1 to 3: a developer, a tester, a project manager.
fn working(database: &Database) -> Session {
    drop(migrated(database));
    let mut writer = application(database);
    writer.run(
        "insert into users (github_id, username, role) values
             ('a', 'Ann', 'developer'), ('b', 'Ben', 'tester'), ('c', 'Cid', 'project_manager')",
    );
    writer
}

/// Inserts a task with these columns besides those that it needs.
fn task(columns: &str, values: &str) -> String {
    format!(
        "insert into tasks (title, description, assigned_role, start_date, end_date{columns})
         values ('Draw it', 'All of it.', 'developer', now() - interval '9 days', now() + interval '1 day'{values})"
    )
}

/// Who was told of what since the last call.
fn told(session: &mut Session) -> Vec<String> {
    session.rows(
        "with gone as (delete from notifications returning *)
         select user_id, type, title, related_task_id from gone order by id",
    )
}

fn a_task_goes_step_by_step(database: &Database) {
    let mut writer = working(database);
    writer.run(&task("", ""));
    for (status, allowed) in [
        ("done", Err("What may follow 'todo': 'in_progress'.")),
        ("todo", Ok(())),
        ("in_progress", Ok(())),
        ("todo", Ok(())),
        ("in_progress", Ok(())),
        ("done", Ok(())),
        ("todo", Err("What may follow 'done': 'in_progress'.")),
        ("in_progress", Ok(())),
    ] {
        let update = format!("update tasks set status = '{status}'");
        match allowed {
            Ok(()) => writer.run(&update),
            Err(detail) => {
                let refusal = writer.refusal(&update);
                assert_eq!(refusal.sqlstate(), "23514", "{status}");
                assert_eq!(refusal.constraint(), Some("tasks_transitions"));
                assert_eq!(refusal.detail(), Some(detail));
            }
        }
    }
}

fn a_done_task_is_stamped(database: &Database) {
    let mut writer = working(database);
    let id = writer.value(&format!(
        "{} returning id",
        task(", status", ", 'in_progress'")
    ));
    let at = "select completed_at = now() from tasks";
    writer.run(&format!(
        "begin; select steward.complete_task('tasks', {id})"
    ));
    assert_eq!(writer.value(at), "t");
    writer.run(&format!("select steward.reopen_task('tasks', {id})"));
    assert_eq!(
        writer.value("select status, completed_at from tasks"),
        "in_progress|NULL"
    );
    writer.run("update tasks set status = 'done', completed_at = '2001-01-01'");
    assert_eq!(writer.value(at), "t");
    writer.run("commit");
    // What comes from elsewhere keeps its time.
    for (values, expected) in [("'2025-01-01 00:00+00'", "f"), ("null", "t")] {
        let insert = task(", status, completed_at", &format!(", 'done', {values}"));
        assert_eq!(
            writer.value(&format!("{insert} returning completed_at = now()")),
            expected
        );
    }
}

fn the_most_urgent_is_ready_first(database: &Database) {
    let mut writer = working(database);
    // Numbers 1 to 5.
    for values in [", 0", ", 5", ", 5, 'in_progress'", ", 9", ", null"] {
        let columns = if values.contains("in_progress") {
            ", priority, status"
        } else {
            ", priority"
        };
        writer.run(&task(columns, values));
    }
    writer.run("update tasks set end_date = now() + interval '12 hours' where id = 3");
    let ready = "select * from steward.ready_tasks('tasks')";
    assert_eq!(writer.rows(ready), ["4", "3", "2", "1", "5"]);
    // The control: as numbers ascend, where nothing else is said.
    let mut owner = database.owner();
    owner.run("set search_path = scrum; select steward.track_completion('tasks', cancelled => '{}', due => 'end_date')");
    assert_eq!(writer.rows(ready), ["1", "3", "2", "4", "5"]);
}

fn without_the_rule_it_goes_anywhere_and_is_not_stamped(database: &Database) {
    let mut writer = working(database);
    writer.run(&task("", ""));
    database
        .owner()
        .run("select steward.detach('scrum.tasks', 'tasks')");
    assert_eq!(
        writer.value("update tasks set status = 'done' returning completed_at"),
        "NULL"
    );
}

fn what_is_late_is_flagged(database: &Database) {
    let mut writer = working(database);
    writer.run(&task(", status", ", 'in_progress'"));
    writer.run(&task(", status", ", 'done'"));
    writer.run(&task(", is_delayed", ", null"));
    let flagged = "select task, is_delayed from flag_delayed_tasks() order by 1";
    assert_eq!(writer.rows(flagged), [""; 0]);
    writer.run("update tasks set end_date = now() - interval '1 hour'");
    assert_eq!(writer.rows(flagged), ["1|t", "3|t"]);
    assert_eq!(writer.rows(flagged), [""; 0]);
    writer.run(
        "update tasks set status = 'done' where id = 1;
         update tasks set end_date = now() + interval '1 day' where id = 3",
    );
    assert_eq!(writer.rows(flagged), ["1|f", "3|f"]);
    // The document's query, before the clock has come to it again.
    writer.run("update tasks set is_delayed = true where id = 2");
    assert_eq!(
        writer.rows(
            "select id from tasks where is_delayed = true and status != 'done' order by end_date"
        ),
        [""; 0]
    );
    assert_eq!(writer.rows(flagged), ["2|f"]);
}

fn the_flag_is_the_callers_own_change(database: &Database) {
    let mut writer = working(database);
    writer.run(&task("", ""));
    database
        .owner()
        .run("revoke update on scrum.tasks from writer");
    assert_eq!(
        writer.sqlstate("select * from flag_delayed_tasks()"),
        "42501"
    );
}

fn people_are_told(database: &Database) {
    let mut writer = working(database);
    let assigned = "1|task_assigned|Assigned to you: Draw it|1";
    writer.run(&task(", assigned_user_id, created_by", ", 1, 3"));
    for (change, expected) in [
        ("select", &[assigned][..]),
        ("update tasks set title = 'Draw it', priority = 3", &[]),
        ("update tasks set status = 'in_progress'", &[]),
        (
            "update tasks set assigned_user_id = 2",
            &["2|task_assigned|Assigned to you: Draw it|1"],
        ),
        ("update tasks set assigned_user_id = null", &[]),
        ("update tasks set assigned_user_id = 1", &[assigned]),
        ("update tasks set end_date = now() - interval '1 hour'", &[]),
        (
            "select * from flag_delayed_tasks()",
            &["1|task_delayed|Delayed: Draw it|1"],
        ),
        (
            "update tasks set status = 'done'",
            &["3|task_completed|Completed: Draw it|1"],
        ),
        ("select * from flag_delayed_tasks()", &[]),
        ("update tasks set assigned_user_id = 2", &[]),
        // Nobody has asked for it: who has done it is told that it counts.
        (
            "update tasks set status = 'in_progress', created_by = null; update tasks set status = 'done'",
            &["2|task_completed|Completed: Draw it|1"],
        ),
    ] {
        writer.run(change);
        assert_eq!(told(&mut writer), expected, "{change}");
    }
    // As with what the application writes itself.
    writer.run(&task(", assigned_user_id", ", 1"));
    assert_eq!(
        writer.value("select is_read, read_at is null, created_at is not null from notifications"),
        "f|t|t"
    );
}

fn who_does_it_is_not_told(database: &Database) {
    let mut writer = working(database);
    for (setting, expected) in [("1", 0), ("2", 1), ("", 1)] {
        writer.run(&format!("set app.user_id = '{setting}'"));
        writer.run(&task(", assigned_user_id", ", 1"));
        assert_eq!(told(&mut writer).len(), expected, "{setting}");
    }
}

fn without_the_rule_nobody_is_told(database: &Database) {
    let mut writer = working(database);
    database
        .owner()
        .run("select steward.detach('scrum.tasks', 'notices')");
    writer.run(&task(", assigned_user_id", ", 1"));
    assert_eq!(told(&mut writer), [""; 0]);
}

/// The document has no table of dependencies. Who adds one has the event, under the type that is left.
fn unblocked_comes_with_dependencies_only(database: &Database) {
    let mut writer = working(database);
    for _ in 0..2 {
        writer.run(&task(", assigned_user_id", ", 1"));
    }
    let finish = "update tasks set status = 'in_progress' where id = 1; update tasks set status = 'done' where id = 1";
    drop(told(&mut writer));
    writer.run(finish);
    assert_eq!(told(&mut writer), ["1|task_completed|Completed: Draw it|1"]);
    writer.run("update tasks set status = 'in_progress'");

    database.owner().run(
        "set search_path = scrum;
         create table task_dependencies (
             task_id integer references tasks, depends_on integer references tasks, primary key (task_id, depends_on)
         );
         create index on task_dependencies (depends_on);
         select steward.guard_dependencies('task_dependencies');
         select steward.track_completion('tasks', edges => 'task_dependencies', due => 'end_date', highest_first => true);
         insert into task_dependencies values (2, 1)",
    );
    writer.run(finish);
    assert_eq!(
        told(&mut writer),
        [
            "1|system|Ready: Draw it|2",
            "1|task_completed|Completed: Draw it|1",
        ]
    );
}

fn a_notification_never_fails_the_task(database: &Database) {
    let mut writer = working(database);
    let mut owner = database.owner();
    owner.run("set search_path = scrum");
    for (spoil, mend) in [
        (
            "alter table notifications add constraint c check (type <> 'task_assigned') not valid",
            "alter table notifications drop constraint c",
        ),
        (
            "alter table notifications add constraint c check (title = '') not valid",
            "alter table notifications drop constraint c",
        ),
        (
            "alter table notifications add needed text; alter table notifications alter needed set not null",
            "alter table notifications drop needed",
        ),
    ] {
        owner.run(spoil);
        writer.run(&task(", assigned_user_id", ", 1"));
        let warnings = writer.notices();
        assert_eq!(warnings.len(), 1, "{spoil}: {warnings:?}");
        owner.run(mend);
        assert_eq!(told(&mut writer), [""; 0]);
    }
    assert_eq!(writer.value("select count(*) from tasks"), "3");
    // The control: nothing spoilt, and a title that fills its column.
    writer.run(&task(", assigned_user_id", ", 1"));
    writer.run("update tasks set title = repeat('é', 200), assigned_user_id = 2 where id = 1");
    assert_eq!(writer.notices(), [""; 0]);
    assert_eq!(told(&mut writer).len(), 2);
}

fn the_application_needs_no_right_to_notify(database: &Database) {
    let mut writer = working(database);
    database
        .owner()
        .run("revoke insert on scrum.notifications from writer");
    writer.run(&task(", assigned_user_id", ", 1"));
    assert_eq!(told(&mut writer).len(), 1);
}
