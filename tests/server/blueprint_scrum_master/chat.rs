//! Edits that are kept, threads, and direct messages.

use steward_tests::{Database, Session, tests};

use super::{application, migrated, seeded};

tests![
    an_edit_is_stamped_and_the_old_text_kept,
    without_the_rule_the_old_text_is_gone,
    edits_at_the_same_time_are_all_kept,
    nobody_can_divert_the_old_text,
    the_rules_move_with_their_schema,
    a_direct_message_bears_no_channel,
    threads,
];

/// A session of the application, and three users.
fn chatting(database: &Database) -> Session {
    drop(migrated(database));
    let mut writer = application(database);
    writer.run(
        "insert into users (github_id, username, role) select 'g' || n, 'u' || n, 'developer' from generate_series(1, 3) as n",
    );
    writer
}

const EDITS: &str = "select message_id, old_message from chat_message_edits order by id";

fn an_edit_is_stamped_and_the_old_text_kept(database: &Database) {
    let mut writer = chatting(database);
    writer.run("insert into chat_messages (sender_id, message) values (1, 'one'), (2, 'other')");
    writer.run("begin");
    for (change, expected) in [
        ("channel = 'board'", "f|t"),
        ("message = 'one'", "f|t"),
        ("is_edited = true, edited_at = now()", "f|t"),
        (
            "message = 'two', is_edited = false, edited_at = '2001-01-01'",
            "t|f",
        ),
        ("message = 'three'", "t|f"),
        ("is_edited = false, edited_at = null", "t|f"),
        ("message_type = 'system'", "t|f"),
    ] {
        assert_eq!(
            writer.value(&format!(
                "update chat_messages set {change} where id = 1 returning is_edited, edited_at is null"
            )),
            expected,
            "{change}"
        );
    }
    assert!(writer.holds("select edited_at = now() from chat_messages where id = 1"));
    assert!(writer.holds("select bool_and(edited_at = now()) from chat_message_edits"));
    writer.run("commit");
    assert_eq!(writer.rows(EDITS), ["1|one", "1|two"]);
    for forgery in [
        "insert into chat_message_edits (message_id, old_message) values (1, 'never said')",
        "update chat_message_edits set old_message = 'never said'",
        "delete from chat_message_edits",
        "truncate chat_message_edits",
    ] {
        assert_eq!(writer.sqlstate(forgery), "42501", "{forgery}");
    }
    // What is taken back leaves nothing.
    writer.run("begin; update chat_messages set message = 'x'; rollback");
    assert_eq!(writer.rows(EDITS).len(), 2);
    // A change of several at once keeps each.
    writer.run("update chat_messages set message = message || '!'");
    let mut kept = writer.rows(EDITS);
    kept.sort_unstable();
    assert_eq!(kept, ["1|one", "1|three", "1|two", "2|other"]);
}

fn without_the_rule_the_old_text_is_gone(database: &Database) {
    let mut owner = seeded(database);
    let before = owner.rows(EDITS);
    owner.run("alter table chat_messages disable trigger keep_old_text; update chat_messages set message = 'x'");
    assert_eq!(owner.rows(EDITS), before);
    owner.run("alter table chat_messages enable trigger keep_old_text; update chat_messages set message = 'y'");
    assert_eq!(owner.rows(EDITS).len(), before.len() + 30);
}

fn edits_at_the_same_time_are_all_kept(database: &Database) {
    let mut first = chatting(database);
    first.run("insert into chat_messages (sender_id, message) values (1, 'one')");
    let mut second = database.session(steward_tests::Role::Writer);
    second.run("set search_path = scrum");
    first.run("begin; update chat_messages set message = message || ' two'");
    let waiting = second.start("update chat_messages set message = message || ' three'");
    waiting.until_blocked(&mut database.owner());
    first.run("commit");
    waiting.finish().1.expect("no error");
    assert_eq!(first.rows(EDITS), ["1|one", "1|one two"]);
    assert_eq!(
        first.rows("select message from chat_messages"),
        ["one two three"]
    );
}

/// The writer chooses the path, and a temporary table comes before every other.
fn nobody_can_divert_the_old_text(database: &Database) {
    let mut writer = chatting(database);
    writer.run(
        "insert into chat_messages (sender_id, message) values (1, 'one');
         create temporary table chat_message_edits (message_id integer, old_message text);
         set search_path = pg_temp, scrum;
         update chat_messages set message = 'two'",
    );
    assert_eq!(
        writer.value("select count(*) from pg_temp.chat_message_edits"),
        "0"
    );
    assert_eq!(
        writer.rows("select old_message from scrum.chat_message_edits"),
        ["one"]
    );
    // Nor attach what writes as the owner to a table of one's own.
    assert_eq!(
        writer.sqlstate(
            "create temporary table own (id integer, message text);
             create trigger t after update on own for each row execute function scrum.keep_old_text()"
        ),
        "42501"
    );
}

fn the_rules_move_with_their_schema(database: &Database) {
    let mut writer = chatting(database);
    writer.run("insert into chat_messages (sender_id, message) values (1, 'one')");
    database
        .superuser()
        .run("alter schema scrum rename to \"Scrum of \"\"Scrums\"\"\"");
    writer.run(
        "set search_path = \"Scrum of \"\"Scrums\"\"\";
         update chat_messages set message = 'two';
         insert into triage_items (reporter_id, assigned_to, title, description) values (1, 2, 't', 'd')",
    );
    assert_eq!(writer.rows(EDITS), ["1|one"]);
    assert_eq!(
        writer.rows("select user_id, type from notifications"),
        ["2|issue_reported"]
    );
    assert_eq!(writer.value("select delete_old_notifications()"), "0");
    let hint = writer.refusal("delete from users where id = 1");
    assert!(hint.hint().is_some_and(|hint| {
        hint.contains("update \"Scrum of \"\"Scrums\"\"\".users set is_active = false")
    }));
}

fn a_direct_message_bears_no_channel(database: &Database) {
    let mut writer = chatting(database);
    for (columns, values, channel) in [
        ("message", "'m'", "general"),
        ("message, channel", "'m', 'board'", "board"),
        ("message, recipient_id", "'m', 2", "NULL"),
        ("message, recipient_id, channel", "'m', 2, 'board'", "NULL"),
        ("message, recipient_id, channel", "'m', 2, null", "NULL"),
    ] {
        assert_eq!(
            writer.value(&format!(
                "insert into chat_messages (sender_id, {columns}) values (1, {values}) returning channel"
            )),
            channel,
            "{columns}: {values}"
        );
    }
    assert_eq!(
        writer.value(
            "update chat_messages set recipient_id = 3 where channel = 'board' returning channel"
        ),
        "NULL"
    );
    // Where no trigger sees to it, the check refuses.
    let mut owner = database.owner();
    owner.run("alter table scrum.chat_messages disable trigger leave_channel");
    assert_eq!(
        writer
            .refusal(
                "insert into chat_messages (sender_id, recipient_id, message) values (1, 2, 'm')"
            )
            .constraint(),
        Some("chat_messages_channel_check")
    );
}

fn threads(database: &Database) {
    let mut writer = chatting(database);
    writer.run(
        "insert into chat_messages (sender_id, message) values (1, 'question');
         insert into chat_messages (sender_id, message, reply_to_id) values (2, 'answer', 1);
         insert into chat_messages (sender_id, message, reply_to_id) values (1, 'thanks', 2)",
    );
    assert_eq!(
        writer.rows(
            "with recursive thread as (
                 select * from chat_messages where id = 1
                 union all
                 select m.* from chat_messages as m join thread on m.reply_to_id = thread.id
             )
             select message from thread order by id"
        ),
        ["question", "answer", "thanks"]
    );
    assert_eq!(
        writer.sqlstate(
            "insert into chat_messages (sender_id, message, reply_to_id) values (1, 'm', 17)"
        ),
        "23514",
        "an answer to what is not written yet"
    );
    assert_eq!(
        writer.sqlstate("update chat_messages set reply_to_id = 3 where id = 1"),
        "23514"
    );
}
