//! Scrum Master at work, through a role that only reads and writes rows.

use steward_tests::{Database, tests};

use super::{application, migrated, seeded};

tests![
    checks_refuse_what_cannot_be,
    a_referenced_user_is_kept_and_the_hint_says_what_to_do,
    without_the_rule_there_is_no_hint,
    what_the_same_statement_deletes_does_not_count,
    other_deletions_are_restricted,
    a_change_of_an_id_is_carried_on,
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
        ("tasks set status = 'blocked'", "valid_status"),
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
            "triage_items_status_check",
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
        ("tasks set status = ", "todo in_progress done"),
        (
            "notifications set type = ",
            "task_assigned task_delayed task_completed issue_reported system",
        ),
        ("chat_messages set message_type = ", "text system file"),
        (
            "triage_items set resolution = 'r', status = ",
            "pending in_review resolved rejected",
        ),
        ("triage_items set priority = ", "low medium high critical"),
    ] {
        for value in values.split(' ') {
            writer.run(&format!("update {change}'{value}'"));
        }
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

fn a_referenced_user_is_kept_and_the_hint_says_what_to_do(database: &Database) {
    let mut owner = migrated(database);
    let mut writer = application(database);
    writer.run("insert into users (github_id, username, role) select 'g' || n, 'u', 'admin' from generate_series(1, 2) as n");
    for (insert, table, constraint) in [
        (
            "tasks (title, description, assigned_role, start_date, end_date, assigned_user_id) values ('t', 'd', 'admin', now(), now() + interval '1 day', 1)",
            "tasks",
            "tasks_assigned_user_id_fkey",
        ),
        (
            "tasks (title, description, assigned_role, start_date, end_date, created_by) values ('t', 'd', 'admin', now(), now() + interval '1 day', 1)",
            "tasks",
            "tasks_created_by_fkey",
        ),
        (
            "notifications (user_id, type, title, message) values (1, 'system', 't', 'm')",
            "notifications",
            "notifications_user_id_fkey",
        ),
        (
            "chat_messages (sender_id, message) values (1, 'm')",
            "chat_messages",
            "chat_messages_sender_id_fkey",
        ),
        (
            "chat_messages (sender_id, recipient_id, message) values (2, 1, 'm')",
            "chat_messages",
            "chat_messages_recipient_id_fkey",
        ),
        (
            "triage_items (reporter_id, title, description) values (1, 't', 'd')",
            "triage_items",
            "triage_items_reporter_id_fkey",
        ),
        (
            "triage_items (reporter_id, assigned_to, title, description, created_at) values (2, 1, 't', 'd', '2025-01-01')",
            "triage_items",
            "triage_items_assigned_to_fkey",
        ),
    ] {
        writer.run(&format!("insert into {insert}"));
        // Who deletes need not be able to see what refers to the user.
        owner.run(&format!("revoke select on {table} from writer"));
        let refusal = writer.refusal("delete from users where id = 1");
        owner.run(&format!("grant select on {table} to writer"));
        assert_eq!(refusal.sqlstate(), "23503", "{constraint}");
        assert_eq!(refusal.constraint(), Some(constraint));
        assert_eq!(
            refusal.message(),
            format!(
                "delete on table \"users\" violates foreign key constraint \"{constraint}\" on table \"{table}\""
            )
        );
        assert_eq!(
            refusal.detail(),
            Some(format!("Key (id)=(1) is still referenced from table \"{table}\".").as_str())
        );
        assert_eq!(
            refusal.hint(),
            Some(
                "Keep the account and retire it: update scrum.users set is_active = false where id = 1;"
            )
        );
        owner.run(&format!("delete from {table}"));
    }
    writer.run("delete from users");
}

fn without_the_rule_there_is_no_hint(database: &Database) {
    let mut owner = seeded(database);
    owner.run("alter table users disable trigger \"0_explain_kept_user\"");
    let refusal = owner.refusal("delete from users where id = 1");
    // PostgreSQL 18 tells RESTRICT from other refusals.
    assert!(["23503", "23001"].contains(&refusal.sqlstate()));
    assert_eq!(refusal.hint(), None);
}

fn what_the_same_statement_deletes_does_not_count(database: &Database) {
    drop(migrated(database));
    let mut writer = application(database);
    writer.run(
        "insert into users (github_id, username, role) values ('g', 'u', 'admin');
         insert into chat_messages (sender_id, message) values (1, 'm');
         with messages as (delete from chat_messages) delete from users",
    );
    assert_eq!(writer.value("select count(*) from users"), "0");
    // What refers to the user from elsewhere is found too, and what may still be mended is left alone.
    let mut owner = database.owner();
    owner.run(
        "set search_path = scrum;
         create table notes (user_id integer references users);
         create table later (user_id integer references users deferrable initially deferred);
         insert into users (github_id, username, role) values ('a', 'u', 'admin'), ('b', 'u', 'admin');
         insert into notes select min(id) from users; insert into later select max(id) from users",
    );
    let refusal = owner.refusal("delete from users where github_id = 'a'");
    assert_eq!(refusal.constraint(), Some("notes_user_id_fkey"));
    assert!(
        refusal
            .hint()
            .is_some_and(|hint| hint.contains("is_active = false"))
    );
    owner.run("begin; delete from users where github_id = 'b'; delete from later; commit");
}

fn other_deletions_are_restricted(database: &Database) {
    drop(seeded(database));
    let mut writer = application(database);
    for (delete, constraint) in [
        ("tasks where id = 1", "notifications_related_task_id_fkey"),
        (
            "chat_messages where id in (select reply_to_id from chat_messages)",
            "chat_messages_reply_to_id_fkey",
        ),
    ] {
        let refusal = writer.refusal(&format!("delete from {delete}"));
        assert!(["23503", "23001"].contains(&refusal.sqlstate()), "{delete}");
        assert_eq!(refusal.constraint(), Some(constraint));
    }
    writer
        .run("delete from notifications where related_task_id = 1; delete from tasks where id = 1");
    // A message takes its edits along, though the application may not delete those.
    let edited = "(select message_id from chat_message_edits
         where message_id not in (select reply_to_id from chat_messages where reply_to_id is not null) limit 1)";
    let before = writer.value("select count(*) from chat_message_edits");
    writer.run(&format!("delete from chat_messages where id = {edited}"));
    assert_ne!(
        writer.value("select count(*) from chat_message_edits"),
        before
    );
    assert_eq!(writer.sqlstate("delete from chat_message_edits"), "42501");
}

fn a_change_of_an_id_is_carried_on(database: &Database) {
    let mut owner = seeded(database);
    let references = "select (select count(*) from tasks where 1001 in (assigned_user_id, created_by)),
        (select count(*) from notifications where user_id = 1001), (select count(*) from chat_messages where sender_id = 1001),
        (select count(*) from chat_messages where recipient_id = 1001),
        (select count(*) from triage_items where 1001 in (reporter_id, assigned_to)),
        (select count(*) from chat_messages where is_edited), (select count(*) from notifications)";
    let before = owner.value(&references.replace("1001", "1"));
    owner.run("update users set id = id + 1000");
    assert_eq!(owner.value(references), before);
    owner.run("update tasks set id = id + 1000");
    assert!(owner.holds("select min(related_task_id) > 1000 from notifications"));
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
