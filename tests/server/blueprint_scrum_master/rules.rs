//! Checks, stamps and seeds of Scrum Master, through a role that only reads and writes rows.

use steward_tests::{Database, tests};

use super::{application, migrated, seeded};

tests![
    checks_refuse_what_cannot_be,
    an_update_is_stamped_in_every_table,
    reading_is_stamped,
    without_the_rule_reading_is_not,
    old_notifications_are_deleted,
    the_seeded_story_is_whole,
    seeds_leave_other_accounts_alone,
];

fn checks_refuse_what_cannot_be(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for (change, constraint) in [
        ("users set role = 'manager'", "valid_role"),
        ("users set role = ''", "valid_role"),
        ("tasks set status = 'blocked'", "tasks_transitions"),
        ("tasks set end_date = start_date", "valid_date_range"),
        (
            "tasks set assigned_role = 'manager'",
            "tasks_assigned_role_check",
        ),
        (
            "notifications set type = 'task_unblocked'",
            "valid_notification_type",
        ),
        (
            "chat_messages set message_type = 'image'",
            "chat_messages_message_type_check",
        ),
        (
            "chat_messages set reply_to_id = id",
            "chat_messages_reply_to_id_check",
        ),
        (
            "chat_messages set reply_to_id = 30 where id = 1",
            "chat_messages_reply_to_id_check",
        ),
        (
            "triage_items set status = 'done'",
            "triage_items_transitions",
        ),
        (
            "triage_items set priority = 'urgent'",
            "triage_items_priority_check",
        ),
    ] {
        let refusal = writer.refusal(&format!("update {change}"));
        assert_eq!(refusal.sqlstate(), "23514", "{change}");
        assert_eq!(refusal.constraint(), Some(constraint), "{change}");
    }
    // Every value that the document lists is taken.
    for (change, values) in [
        (
            "users set role = ",
            "developer designer tester project_manager admin",
        ),
        (
            "notifications set type = ",
            "task_assigned task_delayed task_completed issue_reported system",
        ),
        ("chat_messages set message_type = ", "text system file"),
        ("triage_items set priority = ", "low medium high critical"),
    ] {
        for value in values.split(' ') {
            writer.run(&format!("update {change}'{value}'"));
        }
    }
    for (insert, constraint, values) in [
        (
            "tasks (title, description, assigned_role, start_date, end_date, status)
                 values ('t', 'd', 'tester', now(), now() + interval '1 day', ",
            "valid_status",
            "todo in_progress done",
        ),
        (
            "triage_items (reporter_id, title, description, resolution, status) values (1, 't', 'd', 'r', ",
            "triage_items_status_check",
            "pending in_review resolved rejected",
        ),
    ] {
        for value in values.split(' ') {
            writer.run(&format!("insert into {insert}'{value}')"));
        }
        let refusal = writer.refusal(&format!("insert into {insert}'other')"));
        assert_eq!(refusal.constraint(), Some(constraint));
    }
    assert_eq!(
        writer
            .refusal(
                "insert into users (github_id, username, role) values ('dev1', 'again', 'admin')"
            )
            .constraint(),
        Some("users_github_id_key")
    );
}

fn an_update_is_stamped_in_every_table(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    let tables = writer.rows(
        "select attrelid::regclass from pg_attribute join pg_class as c on c.oid = attrelid
         where relnamespace = 'scrum'::regnamespace and relkind = 'r' and attname = 'updated_at' order by relname",
    );
    assert_eq!(tables, ["tasks", "triage_items", "users"]);
    for table in tables {
        writer.run("begin");
        let stamps = writer.rows(&format!(
            "update {table} set updated_at = '2001-01-01' returning updated_at = now()"
        ));
        assert!(
            !stamps.is_empty() && stamps.iter().all(|stamp| stamp == "t"),
            "{table}"
        );
        writer.run("rollback");
    }
}

fn reading_is_stamped(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    writer.run("begin");
    let unread = "notifications where id = (select min(id) from notifications where user_id = 1 and not is_read)";
    let id = writer.value(&format!("select id from {unread}"));
    for (change, expected) in [
        ("title = 'other'", "f|t|NULL"),
        ("read_at = now()", "f|t|NULL"),
        ("is_read = true, read_at = '2001-01-01'", "t|f|t"),
        ("is_read = true", "t|f|t"),
        ("read_at = null", "t|f|t"),
        ("is_read = false", "f|t|NULL"),
        ("is_read = null", "NULL|t|NULL"),
        ("is_read = true", "t|f|t"),
    ] {
        assert_eq!(
            writer.value(&format!(
                "update notifications set {change} where id = {id} returning is_read, read_at is null, read_at = now()"
            )),
            expected,
            "{change}"
        );
    }
    writer.run("commit");
    // A later transaction does not move it; what comes from elsewhere keeps its own.
    let first = writer.value(&format!(
        "select read_at from notifications where id = {id}"
    ));
    writer.run(&format!(
        "update notifications set is_read = true, read_at = now() where id = {id}"
    ));
    let read_at = format!("select read_at from notifications where id = {id}");
    assert_eq!(writer.value(&read_at), first);
    for (values, expected) in [
        ("true, null", "t"),
        ("true, '2025-01-01 00:00+00'", "f"),
        ("false, now()", "NULL"),
        ("null, now()", "NULL"),
    ] {
        assert_eq!(
            writer.value(&format!(
                "insert into notifications (user_id, type, title, message, is_read, read_at)
                 values (1, 'system', 't', 'm', {values}) returning read_at = now()"
            )),
            expected,
            "{values}"
        );
    }
}

fn without_the_rule_reading_is_not(database: &Database) {
    let mut owner = seeded(database);
    owner.run("alter table notifications disable trigger stamp_reading");
    assert!(owner.holds(
        "update notifications set is_read = true, read_at = '2001-01-01' where id = 1 returning read_at = '2001-01-01'"
    ));
}

fn old_notifications_are_deleted(database: &Database) {
    drop(migrated(database));
    let mut writer = application(database);
    writer.run(
        "insert into users (github_id, username, role) values ('g', 'u', 'admin');
         insert into notifications (user_id, type, title, message, is_read, created_at)
             select 1, 'system', days::text, 'm', is_read, now() - days * interval '1 day' - interval '1 minute'
             from unnest(array[1, 29, 30, 60]) as days, unnest(array[true, false, null]) as is_read",
    );
    assert_eq!(writer.value("select delete_old_notifications()"), "2");
    assert_eq!(
        writer.rows("select title, is_read from notifications order by title::integer, is_read"),
        [
            "1|f", "1|t", "1|NULL", "29|f", "29|t", "29|NULL", "30|f", "30|NULL", "60|f", "60|NULL"
        ]
    );
    assert_eq!(
        writer.value("select delete_old_notifications(older_than => '2 days')"),
        "1"
    );
    assert_eq!(writer.value("select delete_old_notifications(null)"), "0");
}

fn the_seeded_story_is_whole(database: &Database) {
    let mut owner = seeded(database);
    // The document's own.
    assert_eq!(
        owner.rows("select github_id, username, role from users where id <= 3 order by id"),
        [
            "dev1|developer1|developer",
            "pm1|projectmanager1|project_manager",
            "admin1|admin|admin"
        ]
    );
    assert_eq!(
        owner.value("select title, description, assigned_role, start_date at time zone 'UTC', end_date at time zone 'UTC' from tasks where id = 1"),
        "Implement user authentication|Set up GitHub OAuth integration|developer|2025-09-25 00:00:00|2025-09-30 00:00:00"
    );
    for wrong in [
        "tasks where (status = 'done') <> (completed_at is not null)",
        "tasks where is_delayed <> (status <> 'done' and end_date < '2025-10-17 16:00+00')",
        "tasks where completed_at < start_date or created_at > start_date",
        "tasks as t join users as u on u.id = assigned_user_id where u.role <> assigned_role",
        "notifications where is_read <> (read_at is not null) or read_at < created_at",
        "chat_messages where is_edited <> exists (select from chat_message_edits as e where e.message_id = chat_messages.id and e.edited_at = chat_messages.edited_at)",
        "chat_messages as m join chat_messages as a on a.reply_to_id = m.id where a.created_at < m.created_at",
        "triage_items where (status in ('resolved', 'rejected')) <> (resolved_at is not null)",
    ] {
        assert_eq!(
            owner.value(&format!("select count(*) from {wrong}")),
            "0",
            "{wrong}"
        );
    }
    for table in ["tasks", "triage_items"] {
        assert_eq!(
            owner.rows(&format!("select * from steward.verify_tasks('{table}')")),
            [""; 0]
        );
    }
    // Of its notifications the story tells, and the rule none besides.
    assert_eq!(
        owner.value("select count(*), max(id) from notifications"),
        "31|31"
    );
    assert_eq!(
        owner.value(
            "select count(distinct role), (select count(distinct assigned_role) from tasks), (select count(distinct status) from tasks),
                 (select count(distinct type) from notifications), (select count(distinct message_type) from chat_messages),
                 (select count(distinct status) from triage_items), (select count(distinct priority) from triage_items) from users"
        ),
        "5|5|3|5|3|4|4"
    );
    // The next row gets a number of its own.
    owner.run(
        "insert into users (github_id, username, role) values ('new', 'u', 'tester');
         insert into tasks (title, description, assigned_role, start_date, end_date) values ('t', 'd', 'tester', now(), now() + interval '1 day');
         insert into notifications (user_id, type, title, message) values (10, 'system', 't', 'm');
         insert into chat_messages (sender_id, message) values (10, 'm');
         update chat_messages set message = 'n' where sender_id = 10;
         insert into triage_items (reporter_id, title, description) values (10, 't', 'd')",
    );
}

fn seeds_leave_other_accounts_alone(database: &Database) {
    let mut owner = migrated(database);
    owner.run("insert into users (github_id, username, role) values ('mine', 'me', 'admin')");
    let seed = steward_toolkit::blueprint::find("scrum_master")
        .expect("the blueprint")
        .seed("dev")
        .expect("its seed");
    let refusal = owner.refusal(&seed.sql);
    assert_eq!(refusal.sqlstate(), "23505");
    assert!(refusal.hint().is_some_and(|hint| hint.contains("--schema")));
    assert_eq!(owner.value("select count(*) from users"), "1");
}
