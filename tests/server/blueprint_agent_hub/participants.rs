//! Who writes into a conversation takes part in it.

use steward_tests::{Database, Session, tests};

use super::{application, migrated};

tests![
    who_writes_takes_part,
    without_the_rule_nobody_does,
    who_was_there_before_stays_so,
    two_sessions_write_for_one_agent,
    no_right_to_write_participants_is_needed,
];

const CONVERSATIONS: [&str; 2] = [
    "00000000-0000-4000-8000-0000000000c1",
    "00000000-0000-4000-8000-0000000000c2",
];
const ADA: &str = "00000000-0000-4000-8000-0000000000a1";
const BOB: &str = "00000000-0000-4000-8000-0000000000a2";

/// Two conversations and two agents, and the application's session.
fn conversations(database: &Database) -> Session {
    let [first, second] = CONVERSATIONS;
    migrated(database).run(&format!(
        "insert into users (username, email, password_hash) values ('asha', 'asha@example.com', '!');
         insert into agents (id, name, type) values ('{ADA}', 'ada', 'coder'), ('{BOB}', 'bob', 'tester');
         insert into conversations (id, type, created_by_user_id) select c.id, 'general', users.id
             from users, unnest('{{{first},{second}}}'::uuid[]) as c (id)"
    ));
    application(database)
}

fn write(conversation: &str, agent: &str, at: &str) -> String {
    format!(
        "insert into messages (conversation_id, author_type, agent_id, content, created_at)
         values ('{conversation}', 'agent', '{agent}', 'm', {at})"
    )
}

fn participants(session: &mut Session) -> Vec<String> {
    session.rows(
        "select right(conversation_id::text, 2), right(agent_id::text, 2), date(joined_at at time zone 'UTC') = '2026-01-01'
         from conversation_participants order by 1, 2",
    )
}

const THEN: &str = "'2026-01-01 12:00+00'";

fn who_writes_takes_part(database: &Database) {
    let [first, second] = CONVERSATIONS;
    let mut writer = conversations(database);
    writer.run(&write(first, ADA, THEN));
    writer.run(&write(first, ADA, "now()"));
    writer.run(&write(first, BOB, "null"));
    assert_eq!(participants(&mut writer), ["c1|a1|t", "c1|a2|f"]);
    // A user is none of the agents.
    writer.run(&format!(
        "insert into messages (conversation_id, author_type, user_id, content) select '{second}', 'user', id, 'm' from users"
    ));
    assert_eq!(participants(&mut writer).len(), 2);
    // Moved into another conversation, or ascribed to another agent.
    writer.run(&format!(
        "update messages set conversation_id = '{second}' where agent_id = '{BOB}'"
    ));
    writer.run(&format!(
        "update messages set agent_id = '{BOB}' where created_at = {THEN}"
    ));
    assert_eq!(participants(&mut writer), ["c1|a1|t", "c1|a2|f", "c2|a2|f"]);
    // Who was sent away and writes again is back.
    writer.run("delete from conversation_participants");
    writer.run(&write(second, ADA, THEN));
    assert_eq!(participants(&mut writer), ["c2|a1|t"]);
    // An agent that is deleted leaves its messages, and takes part in nothing.
    writer.run(&format!("delete from agents where id = '{ADA}'"));
    assert_eq!(participants(&mut writer), [""; 0]);
    assert_eq!(writer.value("select count(*) from messages"), "5");
}

fn without_the_rule_nobody_does(database: &Database) {
    let mut writer = conversations(database);
    database
        .owner()
        .run("alter table hub.messages disable trigger join_conversation");
    writer.run(&write(CONVERSATIONS[0], ADA, THEN));
    assert_eq!(participants(&mut writer), [""; 0]);
}

fn who_was_there_before_stays_so(database: &Database) {
    let mut writer = conversations(database);
    let [first, _] = CONVERSATIONS;
    writer.run(&format!(
        "insert into conversation_participants values ('{first}', '{ADA}', {THEN})"
    ));
    writer.run(&write(first, ADA, "now()"));
    assert_eq!(participants(&mut writer), ["c1|a1|t"]);
}

fn two_sessions_write_for_one_agent(database: &Database) {
    let mut writer = conversations(database);
    let mut other = application(database);
    let [first, _] = CONVERSATIONS;
    writer.run("begin");
    writer.run(&write(first, ADA, THEN));
    let waiting = {
        other.run("begin");
        other.start(&write(first, ADA, "now()"))
    };
    waiting.until_blocked(&mut database.superuser());
    writer.run("commit");
    let (mut other, written) = waiting.finish();
    written.expect("it is written");
    other.run("commit");
    assert_eq!(participants(&mut other), ["c1|a1|t"]);
    assert_eq!(other.value("select count(*) from messages"), "2");
}

/// And where the writer's `search_path` leads elsewhere.
fn no_right_to_write_participants_is_needed(database: &Database) {
    let mut writer = conversations(database);
    database
        .owner()
        .run("revoke all on hub.conversation_participants from writer");
    writer.run("set search_path = pg_temp; create table pg_temp.conversation_participants (conversation_id uuid, agent_id uuid, joined_at timestamptz)");
    writer.run(&write(CONVERSATIONS[0], ADA, THEN).replace("into messages", "into hub.messages"));
    let mut owner = database.owner();
    owner.run("set search_path = hub");
    assert_eq!(participants(&mut owner), ["c1|a1|t"]);
}
