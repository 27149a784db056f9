//! How much of DafnckMachine's projects is done: through a role that may not write projects.

use steward_tests::{Database, Session, tests};

use super::{another_application, application, seeded, without_policies};

tests![
    progress_follows_the_tasks,
    without_the_rule_it_stays,
    it_is_a_percentage,
    the_log_tells_of_the_task_and_not_of_the_progress,
    an_audit_that_does_not_ignore_it_would,
];

/// Of the tickets, and of the timetable.
fn progress(session: &mut Session) -> String {
    session.value(
        "select max(progress) filter (where name = 'Tickets on the phone'), max(progress) filter (where name = 'New timetable')
         from projects",
    )
}

/// May write tasks, but not projects.
fn worker(database: &Database) -> Session {
    drop(application(database));
    database
        .owner()
        .run("revoke insert, update, delete on dafnck.projects from writer");
    another_application(database)
}

fn progress_follows_the_tasks(database: &Database) {
    let mut owner = seeded(database);
    let mut writer = worker(database);
    assert_eq!(
        progress(&mut writer),
        "40|100",
        "8 of 20, and all 7; cancelled ones do not count"
    );
    for (statement, expected) in [
        (
            "insert into tasks (project_id, creator_id, title) select id, owner_id, 'new' from projects
             where name = 'Tickets on the phone'",
            "38|100",
        ),
        ("select complete_task(id) from tasks where title = 'new'", "43|100"),
        ("delete from tasks where title = 'new'", "40|100"),
        ("update tasks set status = 'done' where title = 'Pay by card'", "45|100"),
        ("update tasks set status = 'review' where title = 'Pay by card'", "40|100"),
        (
            "update tasks set status = 'cancelled' where title = 'Write what passengers have to know'",
            "42|100",
        ),
        (
            "update tasks set project_id = (select id from projects where name = 'New timetable')
             where title in ('Agree on the fares', 'Send the receipt')",
            "41|89",
        ),
        ("delete from tasks where title = 'Send the receipt'", "41|100"),
        ("update tasks set status = 'cancelled'", "0|0"),
    ] {
        writer.run(statement);
        assert_eq!(progress(&mut writer), expected, "{statement}");
    }
    assert_eq!(
        owner.rows("select * from steward.verify_progress('tasks')"),
        [""; 0]
    );
}

/// The control.
fn without_the_rule_it_stays(database: &Database) {
    seeded(database).run("select steward.detach('tasks', 'progress')");
    without_policies(database).run(
        "grant usage on schema dafnck to writer; grant select on dafnck.projects to writer;
         grant select, update on dafnck.tasks to writer",
    );
    let mut writer = another_application(database);
    writer.run("update tasks set status = 'done' where title = 'Pay by card'");
    assert_eq!(progress(&mut writer), "40|100");
}

fn it_is_a_percentage(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for wrong in ["-1", "101"] {
        let refusal = writer.refusal(&format!("update projects set progress = {wrong}"));
        assert_eq!(refusal.constraint(), Some("projects_progress_check"));
    }
    assert_eq!(
        writer.value(
            "insert into projects (name, owner_id) select 'empty', id from users where username = 'noor.haddad' returning progress"
        ),
        "0"
    );
}

/// What is recorded when a task is done.
fn recorded(session: &mut Session) -> Vec<String> {
    let last = session.value("select max(sequence) from audit_log");
    session.run("update tasks set status = 'done' where title = 'Pay by card'");
    session.rows(&format!(
        "select table_name, array(select jsonb_object_keys(after) order by 1) from audit_log where sequence > {last} order by 1"
    ))
}

fn the_log_tells_of_the_task_and_not_of_the_progress(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    assert_eq!(recorded(&mut writer), ["tasks|{completed_at,status}"]);
}

/// The control.
fn an_audit_that_does_not_ignore_it_would(database: &Database) {
    let mut owner = seeded(database);
    owner.run("select steward.audit('projects', 'audit_log', ignore => '{updated_at}')");
    assert_eq!(
        recorded(&mut application(database)),
        ["projects|{progress}", "tasks|{completed_at,status}"]
    );
}
