//! What refers to a row keeps it, and goes along with a change of its id.

use steward_tests::{Database, Role, tests};

use super::{application, migrated, seeded};

tests![
    a_referenced_user_is_kept_and_the_hint_says_what_to_do,
    without_the_rule_there_is_no_hint,
    what_the_same_statement_deletes_does_not_count,
    a_reference_that_is_being_added_counts,
    tables_of_others_are_left_to_their_foreign_keys,
    other_deletions_are_restricted,
    a_change_of_an_id_is_carried_on,
];

fn a_referenced_user_is_kept_and_the_hint_says_what_to_do(database: &Database) {
    let mut owner = migrated(database);
    let mut writer = application(database);
    writer.run("insert into users (github_id, username, role) select 'g' || n, 'u', 'admin' from generate_series(1, 2) as n");
    for (insert, table, constraint) in [
        (
            // Of what is done nobody is told, which would refer to them too.
            "tasks (title, description, assigned_role, start_date, end_date, assigned_user_id, status)
                 values ('t', 'd', 'admin', now(), now() + interval '1 day', 1, 'done')",
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

/// At the higher levels the trigger reads what the transaction began with, and the foreign key decides alone.
fn a_reference_that_is_being_added_counts(database: &Database) {
    drop(migrated(database));
    let mut chatting = application(database);
    for (level, has_hint) in [
        ("read committed", true),
        ("repeatable read", false),
        ("serializable", false),
    ] {
        chatting.run(
            "delete from chat_messages; delete from users;
             insert into users (github_id, username, role) values ('g', 'u', 'admin')",
        );
        chatting
            .run("begin; insert into chat_messages (sender_id, message) select id, 'm' from users");
        let mut deleting = database.session(Role::Writer);
        deleting.run(&format!(
            "begin isolation level {level}; select from scrum.chat_messages"
        ));
        let waiting = deleting.start("delete from scrum.users");
        waiting.until_blocked(&mut database.owner());
        chatting.run("commit");
        let refusal = waiting.finish().1.expect_err("a user who wrote something");
        assert!(
            ["23503", "23001"].contains(&refusal.sqlstate()),
            "{level}: {refusal}"
        );
        assert_eq!(refusal.hint().is_some(), has_hint, "{level}: {refusal}");
    }
}

fn tables_of_others_are_left_to_their_foreign_keys(database: &Database) {
    let mut owner = migrated(database);
    owner.run(
        "insert into users (github_id, username, role) values ('g', 'u', 'admin');
         grant references on users to writer; grant usage on schema scrum to writer",
    );
    database
        .superuser()
        .run("create schema theirs authorization writer");
    let mut writer = database.session(Role::Writer);
    writer.run("create table theirs.notes (user_id integer references scrum.users); insert into theirs.notes values (1)");
    let refusal = owner.refusal("delete from users");
    assert_eq!(refusal.sqlstate(), "23503");
    assert_eq!(refusal.constraint(), Some("notes_user_id_fkey"));
    assert_eq!(refusal.hint(), None);
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
        (select count(*) from chat_messages where is_edited)"
        // Whoever has another id is told of their open tasks again.
        .replace("where user_id", "where id <= 31 and user_id");
    let before = owner.value(&references.replace("1001", "1"));
    owner.run("update users set id = id + 1000");
    assert_eq!(owner.value(&references), before);
    assert_eq!(
        owner.rows("select distinct type from notifications where id > 31"),
        ["task_assigned"]
    );
    owner.run("update tasks set id = id + 1000");
    assert!(owner.holds("select min(related_task_id) > 1000 from notifications"));
}
