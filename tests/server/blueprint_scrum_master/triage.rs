//! Issues: their resolution, and who is told of them.

use steward_tests::{Database, Session, tests};

use super::{application, migrated};

tests![
    a_resolution_is_needed_and_stamped,
    without_the_rule_a_resolution_is_not_stamped,
    the_assignee_is_told_else_the_project_managers,
    nobody_is_told_of_what_is_over,
    without_the_rule_nobody_is_told,
    an_issue_goes_step_by_step,
    without_the_rule_an_issue_goes_anywhere,
    a_new_assignee_is_told,
    a_notification_never_fails_the_issue,
    a_conflict_is_the_clients_to_repeat,
    the_application_needs_no_right_to_notify,
];

/// A session of the application, and users 1 to 5: a tester, two project managers, a retired one, a developer.
fn reporting(database: &Database) -> Session {
    drop(migrated(database));
    let mut writer = application(database);
    writer.run(
        "insert into users (github_id, username, role, is_active) values
             ('a', 'Ann', 'tester', true), ('b', 'Ben', 'project_manager', true), ('c', 'Cid', 'project_manager', null),
             ('d', 'Dan', 'project_manager', false), ('e', 'Eve', 'developer', true)",
    );
    writer
}

/// Who was told of what since the last call.
fn told(session: &mut Session) -> Vec<String> {
    session.rows("with gone as (delete from notifications returning *) select user_id, type, title from gone order by id")
}

/// What the issues of [`report`] are told as.
const TITLE: &str = "issue_reported|Issue reported: Broken";

fn report(columns: &str, values: &str) -> String {
    let (comma, values_comma) = if columns.is_empty() {
        ("", "")
    } else {
        (", ", ", ")
    };
    format!(
        "insert into triage_items (reporter_id, title, description{comma}{columns}) values (1, 'Broken', 'It is.'{values_comma}{values})"
    )
}

fn a_resolution_is_needed_and_stamped(database: &Database) {
    let mut writer = reporting(database);
    writer.run(&report("", ""));
    writer.run("update triage_items set status = 'in_review'");
    for status in ["resolved", "rejected"] {
        for resolution in ["null", "''", "E' \\n\\t'"] {
            let refusal = writer.refusal(&format!(
                "update triage_items set status = '{status}', resolution = {resolution}"
            ));
            assert_eq!(
                refusal.constraint(),
                Some("triage_items_resolution_check"),
                "{resolution}"
            );
        }
        let insert = report("status", &format!("'{status}'"));
        let refusal = writer.refusal(&insert);
        assert_eq!(refusal.constraint(), Some("triage_items_resolution_check"));
    }
    writer.run("begin");
    for (change, expected) in [
        ("priority = 'high'", "NULL"),
        ("resolved_at = now()", "NULL"),
        (
            "status = 'resolved', resolution = 'Mended.', resolved_at = '2001-01-01'",
            "t",
        ),
        ("resolved_at = null", "t"),
        ("title = 'Was broken'", "t"),
        ("status = 'in_review'", "NULL"),
        ("status = 'rejected'", "t"),
        ("status = 'in_review', resolved_at = now()", "NULL"),
    ] {
        assert_eq!(
            writer.value(&format!(
                "update triage_items set {change} returning resolved_at = now()"
            )),
            expected,
            "{change}"
        );
    }
    writer.run("update triage_items set status = 'resolved'; commit");
    // The time stays that of the decision, and another decision, after another review, has its own.
    let at = "select resolved_at from triage_items";
    let first = writer.value(at);
    writer.run("update triage_items set resolution = 'Mended, and tested.', status = 'resolved'");
    assert_eq!(writer.value(at), first);
    writer.run(
        "update triage_items set status = 'in_review'; update triage_items set status = 'rejected'",
    );
    assert_ne!(writer.value(at), first);
    // What comes from elsewhere keeps its time.
    for (values, expected) in [
        ("'resolved', 'r', null", "t"),
        ("'rejected', 'r', '2025-01-01 00:00+00'", "f"),
        ("'pending', null, now()", "NULL"),
    ] {
        let insert = report("status, resolution, resolved_at", values);
        assert_eq!(
            writer.value(&format!("{insert} returning resolved_at = now()")),
            expected,
            "{values}"
        );
    }
}

fn without_the_rule_a_resolution_is_not_stamped(database: &Database) {
    let mut writer = reporting(database);
    database
        .owner()
        .run("alter table scrum.triage_items disable trigger stamp_resolution");
    writer.run(&report("status, resolution", "'resolved', 'r'"));
    assert_eq!(writer.value("select resolved_at from triage_items"), "NULL");
}

/// What another rule keeps from being written, and this one does not rely on.
fn let_retired_assignees_in(database: &Database) {
    database.owner().run(
        "alter table scrum.triage_items disable trigger refuse_retired_assignee;
         alter table scrum.triage_items disable trigger refuse_retired_new_assignee",
    );
}

fn the_assignee_is_told_else_the_project_managers(database: &Database) {
    let mut writer = reporting(database);
    let_retired_assignees_in(database);
    for (columns, values, users) in [
        ("assigned_to", "5", &["5"][..]),
        ("assigned_to", "1", &["1"]),
        ("", "", &["2", "3"]),
        ("assigned_to", "null", &["2", "3"]),
        // A retired assignee reads nothing.
        ("assigned_to", "4", &["2", "3"]),
        ("status", "'in_review'", &["2", "3"]),
        ("status", "null", &["2", "3"]),
        ("created_at", "null", &["2", "3"]),
        ("created_at", "now() - interval '23 hours'", &["2", "3"]),
    ] {
        writer.run(&report(columns, values));
        let expected: Vec<_> = users.iter().map(|user| format!("{user}|{TITLE}")).collect();
        assert_eq!(told(&mut writer), expected, "{columns}: {values}");
    }
    // A title that fills its column, and what the text says.
    writer.run(
        "insert into triage_items (reporter_id, title, description, priority, assigned_to)
                values (1, repeat('é', 200), 'All % of %s.', 'high', 5)",
    );
    assert_eq!(
        writer.value("select length(title), is_read, message from notifications"),
        format!(
            "200|f|Issue {}, priority high, reported by Ann.\n\nAll % of %s.",
            writer.value("select max(id) from triage_items")
        )
    );
    // Nobody to tell is no error.
    writer.run("update users set is_active = false; delete from notifications");
    writer.run(&report("", ""));
    assert_eq!(told(&mut writer), [""; 0]);
    assert_eq!(writer.notices(), [""; 0]);
}

fn nobody_is_told_of_what_is_over(database: &Database) {
    let mut writer = reporting(database);
    for (columns, values) in [
        ("status, resolution", "'resolved', 'r'"),
        ("status, resolution", "'rejected', 'r'"),
        ("created_at", "now() - interval '25 hours'"),
    ] {
        writer.run(&report(columns, values));
        assert_eq!(told(&mut writer), [""; 0], "{columns}: {values}");
    }
}

fn without_the_rule_nobody_is_told(database: &Database) {
    let mut writer = reporting(database);
    database
        .owner()
        .run("alter table scrum.triage_items disable trigger report_issue");
    writer.run(&report("assigned_to", "5"));
    assert_eq!(told(&mut writer), [""; 0]);
}

fn an_issue_goes_step_by_step(database: &Database) {
    let mut writer = reporting(database);
    writer.run(&report("", ""));
    for (status, allowed) in [
        ("resolved", Err("'in_review', 'rejected'")),
        ("in_review", Ok(())),
        ("pending", Ok(())),
        ("rejected", Ok(())),
        ("pending", Err("'in_review'")),
        ("resolved", Err("'in_review'")),
        ("in_review", Ok(())),
        ("resolved", Ok(())),
        ("rejected", Err("'in_review'")),
        ("in_review", Ok(())),
    ] {
        let update = format!("update triage_items set resolution = 'r', status = '{status}'");
        match allowed {
            Ok(()) => writer.run(&update),
            Err(following) => {
                let refusal = writer.refusal(&update);
                assert_eq!(refusal.sqlstate(), "23514", "{status}");
                assert_eq!(refusal.constraint(), Some("triage_items_transitions"));
                let detail = refusal.detail().unwrap_or_default();
                assert!(detail.ends_with(&format!(": {following}.")), "{detail}");
            }
        }
    }
    // Who looks into issues can take one at a time: the most urgent first.
    writer.run(&report("priority", "'critical'"));
    let critical = writer.value("select max(id) from triage_items");
    assert_eq!(
        writer.value("select task from steward.claim_task('triage_items', 'Ben')"),
        critical
    );
}

fn without_the_rule_an_issue_goes_anywhere(database: &Database) {
    let mut writer = reporting(database);
    writer.run(&report("", ""));
    database
        .owner()
        .run("select steward.detach('scrum.triage_items', 'tasks')");
    for status in ["resolved", "rejected", "pending"] {
        writer.run(&format!(
            "update triage_items set resolution = 'r', status = '{status}'"
        ));
    }
}

fn a_new_assignee_is_told(database: &Database) {
    let mut writer = reporting(database);
    let_retired_assignees_in(database);
    writer.run(&report("created_at", "now() - interval '9 days'"));
    for (change, users) in [
        ("assigned_to = 5", &["5"][..]),
        ("assigned_to = 5, title = 'Broken'", &[]),
        ("priority = 'high'", &[]),
        ("assigned_to = 1", &["1"]),
        ("assigned_to = null", &[]),
        ("assigned_to = 4", &["2", "3"]),
        ("status = 'rejected', resolution = 'r'", &[]),
        ("assigned_to = 5", &[]),
    ] {
        writer.run(&format!("update triage_items set {change}"));
        let found: Vec<_> = told(&mut writer)
            .iter()
            .map(|row| row[..1].to_owned())
            .collect();
        assert_eq!(found, users, "{change}");
    }
    // The same person under another number is no new assignee.
    writer
        .run("update triage_items set status = 'in_review'; update users set id = 55 where id = 5");
    assert_eq!(writer.value("select assigned_to from triage_items"), "55");
    assert_eq!(told(&mut writer), [""; 0]);
}

fn a_notification_never_fails_the_issue(database: &Database) {
    let mut writer = reporting(database);
    let mut owner = database.owner();
    owner.run("set search_path = scrum");
    for (spoil, mend) in [
        (
            "alter table notifications add constraint c check (type <> 'issue_reported') not valid",
            "alter table notifications drop constraint c",
        ),
        (
            "alter table notifications rename to told",
            "alter table told rename to notifications",
        ),
        (
            "alter table notifications alter message type varchar(5)",
            "alter table notifications alter message type text",
        ),
        (
            "alter sequence notifications_id_seq maxvalue 10000; select setval('notifications_id_seq', 10000)",
            "alter sequence notifications_id_seq no maxvalue",
        ),
    ] {
        owner.run(spoil);
        writer.run(&report("", ""));
        let warnings = writer.notices();
        assert_eq!(warnings.len(), 1, "{spoil}: {warnings:?}");
        assert!(
            warnings[0].contains("nobody was told of issue"),
            "{warnings:?}"
        );
        writer.run(
            "update triage_items set assigned_to = 5; update triage_items set assigned_to = null",
        );
        assert!(!writer.notices().is_empty(), "{spoil}");
        owner.run(mend);
        assert_eq!(told(&mut writer), [""; 0]);
    }
    assert_eq!(writer.value("select count(*) from triage_items"), "4");
    // The control: nothing spoilt.
    writer.run(&report("", ""));
    assert_eq!(told(&mut writer).len(), 2);
    assert_eq!(writer.notices(), [""; 0]);
}

/// Swallowed, the issue would be there and the notification lost, though a repetition has both.
fn a_conflict_is_the_clients_to_repeat(database: &Database) {
    let mut writer = reporting(database);
    let mut owner = database.owner();
    owner.run(
        "set search_path = scrum;
         create function conflict() returns trigger language plpgsql as
             'begin raise serialization_failure; end';
         create trigger conflict before insert on notifications for each row execute function conflict()",
    );
    assert_eq!(writer.sqlstate(&report("", "")), "40001");
    owner.run("drop trigger conflict on notifications");
    writer.run(&report("", ""));
    assert_eq!(told(&mut writer).len(), 2);
}

fn the_application_needs_no_right_to_notify(database: &Database) {
    let mut writer = reporting(database);
    let mut owner = database.owner();
    owner.run("revoke insert on scrum.notifications from writer");
    writer.run(&report("", ""));
    assert_eq!(told(&mut writer).len(), 2);
    assert_eq!(
        writer.sqlstate("insert into notifications (user_id, type, title, message) values (2, 'system', 't', 'm')"),
        "42501"
    );
}
