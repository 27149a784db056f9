//! New Fuse's tasks and features: when a task was done, and how much of a feature is.

use steward_tests::{Database, Session, tests};

use super::{application, migrated};

tests![
    a_completed_task_is_stamped,
    the_most_urgent_is_ready_first,
    a_feature_is_as_complete_as_its_tasks,
    a_share_that_changes_is_no_stage,
    without_the_rules_nothing_is_kept,
    a_login_is_the_applications_to_tell,
];

/// Two features, a and b, and three tasks of a.
fn planned(writer: &mut Session) {
    writer.run(
        "insert into features (name, description, current_stage) values ('a', 'd', 'planning'), ('b', 'd', 'planning');
         insert into tasks (title, feature_id) select 't' || n, id from features, generate_series(1, 3) as n where name = 'a'",
    );
}

const COMPLETION: &str =
    "select round(completion_percentage::numeric, 2) from features order by name";

fn a_completed_task_is_stamped(database: &Database) {
    let mut writer = application_with_tasks(database);
    writer.run("begin");
    for (change, expected) in [
        ("status = 'in_progress'", "NULL"),
        ("status = 'completed', completed_at = '2001-01-01'", "t"),
        ("title = 'other'", "t"),
        ("status = 'pending'", "NULL"),
        ("status = 'completed'", "t"),
        ("status = null", "NULL"),
    ] {
        assert_eq!(
            writer.value(&format!(
                "update tasks set {change} where title in ('t1', 'other') returning completed_at = now()"
            )),
            expected,
            "{change}"
        );
    }
    for (values, expected) in [
        ("'completed', null", "t"),
        ("'completed', '2026-01-01 00:00+00'", "f"),
        ("'pending', null", "NULL"),
    ] {
        assert_eq!(
            writer.value(&format!(
                "insert into tasks (title, status, completed_at) values ('n', {values}) returning completed_at = now()"
            )),
            expected,
            "{values}"
        );
    }
    writer.run("rollback");
}

fn the_most_urgent_is_ready_first(database: &Database) {
    let mut writer = application(database);
    writer.run(
        "insert into tasks (title, priority, due_date) values
             ('normal', 0, now()), ('later', 5, now() + interval '2 days'), ('sooner', 5, now() + interval '1 day'),
             ('highest', 9, null), ('unknown', null, now())",
    );
    let ready = "select title from steward.ready_tasks('tasks', key => null::uuid) with ordinality as r (id, place)
         join tasks using (id) order by place";
    let expected = ["highest", "sooner", "later", "normal", "unknown"];
    assert_eq!(writer.rows(ready), expected);
    // The control: as numbers ascend, where nothing else is said.
    let mut owner = database.owner();
    owner.run(
        "set search_path = fuse; select steward.track_completion('tasks', done => '{completed}')",
    );
    let ascending = ["normal", "sooner", "later", "highest", "unknown"];
    assert_eq!(writer.rows(ready), ascending);
}

fn application_with_tasks(database: &Database) -> Session {
    let mut writer = application(database);
    planned(&mut writer);
    writer
}

fn a_feature_is_as_complete_as_its_tasks(database: &Database) {
    let mut writer = application_with_tasks(database);
    assert_eq!(writer.rows(COMPLETION), ["0.00", "0.00"]);
    for (change, expected) in [
        (
            "update tasks set status = 'completed' where title = 't1'",
            ["33.33", "0.00"],
        ),
        (
            "update tasks set status = 'cancelled' where title = 't2'",
            ["50.00", "0.00"],
        ),
        (
            "update tasks set feature_id = (select id from features where name = 'b') where title = 't1'",
            ["0.00", "100.00"],
        ),
        ("delete from tasks where title = 't1'", ["0.00", "0.00"]),
        (
            "insert into tasks (title, status, feature_id) select 't4', 'completed', id from features where name = 'a'",
            ["50.00", "0.00"],
        ),
    ] {
        writer.run(change);
        assert_eq!(writer.rows(COMPLETION), expected, "{change}");
    }
    // Nobody needs a right to write features for it.
    database
        .owner()
        .run("revoke update on fuse.features from writer");
    writer.run("update tasks set status = 'completed' where title = 't3'");
    assert_eq!(writer.rows(COMPLETION), ["100.00", "0.00"]);
}

fn a_share_that_changes_is_no_stage(database: &Database) {
    let mut writer = application_with_tasks(database);
    writer.run("begin; update tasks set status = 'completed'");
    assert_eq!(
        writer.rows(
            "select completion_percentage, last_updated = now() from features where name = 'a'"
        ),
        ["100|t"]
    );
    assert_eq!(
        writer.value("select count(*) from stage_transitions"),
        "2",
        "those of the insertion"
    );
    writer.run("commit");
}

fn without_the_rules_nothing_is_kept(database: &Database) {
    let mut owner = migrated(database);
    planned(&mut owner);
    owner
        .run("select steward.detach('tasks', 'tasks'); select steward.detach('tasks', 'progress')");
    assert_eq!(
        owner.value(
            "update tasks set status = 'completed' where title = 't1' returning completed_at"
        ),
        "NULL"
    );
    assert_eq!(owner.rows(COMPLETION), ["0.00", "0.00"]);
}

/// The document has neither sessions nor logins that a rule could follow.
fn a_login_is_the_applications_to_tell(database: &Database) {
    let mut writer = application(database);
    writer.run(
        "insert into users (username, email, password_hash) values ('a', 'a@example.com', '!')",
    );
    let login = "select last_login from users";
    assert_eq!(writer.value(login), "NULL");
    writer.run("update users set status = 'inactive', password_hash = 'other'");
    assert_eq!(writer.value(login), "NULL");
    writer.run("set timezone = 'UTC'; update users set last_login = '2026-11-01 08:00+00'; update users set role = 'admin'");
    assert_eq!(writer.value(login), "2026-11-01 08:00:00+00");
}
