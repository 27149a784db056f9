//! Checks and stamps of Agent Hub, through a role that only reads and writes rows; each beside what happens without it.

use steward_tests::{Database, Session, tests};

use super::migrated;
use super::world::{
    ADA, ANOTHER_TASK, ANSWER, BOB, CODER, QUESTION, TALK, TASK, TESTER, WEBSITE, inhabited,
    is_refused,
};

tests![
    checks_refuse_what_cannot_be,
    json_is_of_a_kind,
    without_the_checks_json_is_of_any,
    an_update_is_stamped_in_every_table,
    a_conversation_is_begun_by_somebody,
    without_the_rule_nobody_begins_it,
    the_author_is_of_the_type_that_the_message_says,
    without_the_check_the_author_is_of_the_other,
    edits_are_stamped,
    without_the_rule_edits_are_what_clients_say,
    starts_are_stamped,
    without_the_rule_starts_are_not,
    completions_are_stamped,
    without_the_rule_completions_are_not,
    an_agent_claims_a_task,
    one_memory_a_key_without_a_project_too,
    without_the_index_there_are_two,
];

fn checks_refuse_what_cannot_be(database: &Database) {
    let mut writer = inhabited(database);
    for (change, constraint, values) in [
        (
            "agents set project_id = null, type = ",
            "agents_type_check",
            "orchestrator architect coder tester reviewer",
        ),
        (
            "conversations set type = ",
            "conversations_type_check",
            "issue general task review",
        ),
        (
            "conversations set status = ",
            "conversations_status_check",
            "active paused completed archived",
        ),
        (
            "messages set user_id = null, agent_id = null, author_type = ",
            "messages_author_type_check",
            "user agent",
        ),
        (
            "tasks set status = ",
            "tasks_status_check",
            "pending in_progress testing review completed failed",
        ),
        (
            "tasks set priority = ",
            "tasks_priority_check",
            "low medium high urgent",
        ),
    ] {
        for value in values.split(' ') {
            writer.run(&format!("update {change}'{value}'"));
        }
        is_refused(&mut writer, &format!("update {change}'other'"), constraint);
    }
    writer.run(&format!(
        "insert into notifications (type, title, message, user_id) values ('t', 't', 'm', '{ADA}');
         insert into agent_memory (agent_id, category, key, value) values ('{CODER}', 'c', 'k', '{{}}')"
    ));
    for (change, constraint, good, bad) in [
        (
            "notifications set severity = ",
            "notifications_severity_check",
            "'critical'",
            "'fatal'",
        ),
        (
            "agent_memory set importance = ",
            "agent_memory_importance_check",
            "10",
            "11",
        ),
        (
            "agent_memory set importance = ",
            "agent_memory_importance_check",
            "1",
            "0",
        ),
    ] {
        writer.run(&format!("update {change}{good}"));
        is_refused(&mut writer, &format!("update {change}{bad}"), constraint);
    }
}

/// Tables with a row each, their columns of JSON, what these hold and what they do not.
const JSON: &[(&str, &str, &str, &str)] = &[
    ("agents", "model_config", "{}", "[] 1"),
    ("github_issues", "labels", "[]", "{} 1"),
    ("token_usage", "metadata", "{}", "[] null"),
    ("notifications", "metadata", "{}", "[] \"a\""),
    ("agent_memory", "value", "{} []", "1 null"),
    ("webhooks", "payload", "{} []", "1 true"),
];

fn with_json(database: &Database) -> Session {
    let mut writer = inhabited(database);
    writer.run(&format!(
        "insert into token_usage (model) values ('m');
         insert into notifications (type, title, message, user_id) values ('t', 't', 'm', '{ADA}');
         insert into agent_memory (agent_id, category, key, value) values ('{CODER}', 'c', 'k', '{{}}');
         insert into webhooks (project_id, source, event_type, payload) values ('{WEBSITE}', 'github', 'push', '{{}}')"
    ));
    writer
}

fn json_is_of_a_kind(database: &Database) {
    let mut writer = with_json(database);
    for (table, column, good, bad) in JSON {
        for value in good.split(' ') {
            writer.run(&format!("update {table} set {column} = '{value}'"));
        }
        for value in bad.split(' ') {
            is_refused(
                &mut writer,
                &format!("update {table} set {column} = '{value}'"),
                &format!("{table}_{column}_check"),
            );
        }
    }
    assert_eq!(
        writer.value(
            "select count(*) from pg_attribute join pg_class on pg_class.oid = attrelid
             where relnamespace = 'hub'::regnamespace and relkind = 'r' and atttypid = 'jsonb'::regtype
                 and relname !~ '^(audit_log|budget_limits_)'"
        ),
        JSON.len().to_string(),
        "there is no other"
    );
}

fn without_the_checks_json_is_of_any(database: &Database) {
    let mut writer = with_json(database);
    for (table, column, _, bad) in JSON {
        database.owner().run(&format!(
            "alter table hub.{table} drop constraint {table}_{column}_check"
        ));
        for value in bad.split(' ') {
            writer.run(&format!("update {table} set {column} = '{value}'"));
        }
    }
}

fn an_update_is_stamped_in_every_table(database: &Database) {
    let mut writer = with_json(database);
    writer.run("insert into budget_limits (name, scope_type, amount_usd, period) values ('b', 'global', 1, 'daily')");
    let tables = writer.rows(
        "select relname from pg_attribute join pg_class as c on c.oid = attrelid
         where relnamespace = 'hub'::regnamespace and relkind = 'r' and attname = 'updated_at' order by relname",
    );
    assert_eq!(tables.len(), 10);
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

fn a_conversation_is_begun_by_somebody(database: &Database) {
    let mut writer = inhabited(database);
    let refusal = writer.refusal("insert into conversations (type) values ('general')");
    assert_eq!(refusal.sqlstate(), "23514");
    assert_eq!(refusal.constraint(), Some("conversations_created_by_check"));
    assert!(
        refusal.detail().is_some() && refusal.hint().is_some(),
        "{refusal}"
    );
    writer.run(&format!(
        "insert into conversations (type, created_by_user_id) values ('general', '{ADA}');
         insert into conversations (type, created_by_agent_id) values ('general', '{CODER}');
         insert into conversations (type, created_by_user_id, created_by_agent_id) values ('general', '{ADA}', '{CODER}')"
    ));
    // What is left by a deletion is no reason to keep the user, nor the agent.
    writer.run(&format!(
        "delete from users where id = '{ADA}'; delete from agents where id = '{CODER}'"
    ));
    assert_eq!(
        writer.value(
            "select count(*) from conversations where created_by_user_id is null and created_by_agent_id is null"
        ),
        "5"
    );
}

fn without_the_rule_nobody_begins_it(database: &Database) {
    let mut owner = migrated(database);
    owner.run(
        "drop trigger name_who_began on conversations; insert into conversations (type) values ('general')",
    );
}

fn other_authors() -> [String; 3] {
    [
        format!(
            "insert into messages (conversation_id, author_type, agent_id, content) values ('{TALK}', 'user', '{CODER}', 'c')"
        ),
        format!(
            "insert into messages (conversation_id, author_type, user_id, agent_id, content)
             values ('{TALK}', 'agent', '{ADA}', '{CODER}', 'c')"
        ),
        format!("update messages set user_id = '{ADA}' where id = '{ANSWER}'"),
    ]
}

fn the_author_is_of_the_type_that_the_message_says(database: &Database) {
    let mut writer = inhabited(database);
    for statement in other_authors() {
        is_refused(&mut writer, &statement, "messages_author_check");
    }
    writer.run(&format!(
        "delete from users where id = '{ADA}'; delete from agents where id = '{CODER}'"
    ));
    assert_eq!(
        writer.rows("select author_type, user_id, agent_id from messages order by 1"),
        ["agent|NULL|NULL", "user|NULL|NULL"]
    );
}

fn without_the_check_the_author_is_of_the_other(database: &Database) {
    let mut writer = inhabited(database);
    database
        .owner()
        .run("alter table hub.messages drop constraint messages_author_check");
    for statement in other_authors() {
        writer.run(&statement);
    }
}

fn edits_are_stamped(database: &Database) {
    let mut writer = inhabited(database);
    for (change, expected) in [
        ("content = content, content_formatted = 'f'", "f"),
        ("is_edited = true", "f"),
        ("content = 'other'", "t"),
        ("is_edited = false", "t"),
        ("is_edited = null, content = 'third'", "t"),
        ("reply_to_id = null", "t"),
    ] {
        assert_eq!(
            writer.value(&format!(
                "update messages set {change} where id = '{QUESTION}' returning is_edited"
            )),
            expected,
            "{change}"
        );
    }
}

fn without_the_rule_edits_are_what_clients_say(database: &Database) {
    let mut writer = inhabited(database);
    database
        .owner()
        .run("drop trigger stamp_edit on hub.messages");
    assert_eq!(
        writer.value(&format!(
            "update messages set content = 'other' where id = '{QUESTION}' returning is_edited"
        )),
        "f"
    );
}

fn starts_are_stamped(database: &Database) {
    let mut writer = inhabited(database);
    writer.run("begin");
    for (change, expected) in [
        ("started_at = now()", "NULL"),
        ("status = 'failed'", "NULL"),
        ("status = 'pending'", "NULL"),
        ("status = 'in_progress'", "t"),
        ("started_at = null", "t"),
        ("status = 'testing', started_at = '2026-01-01'", "f"),
        ("status = 'failed'", "f"),
        ("status = 'review'", "f"),
        ("status = 'pending'", "NULL"),
        ("status = 'completed'", "t"),
    ] {
        assert_eq!(
            writer.value(&format!(
                "update tasks set {change} where id = '{TASK}' returning started_at = now()"
            )),
            expected,
            "{change}"
        );
    }
    writer.run("commit");
    for (values, expected) in [
        ("'pending', now()", "NULL"),
        ("'in_progress', null", "t"),
        ("'completed', '2026-01-01'", "f"),
        ("null, null", "NULL"),
    ] {
        assert_eq!(
            writer.value(&format!(
                "insert into tasks (title, project_id, status, started_at) values ('t', '{WEBSITE}', {values})
                 returning started_at = now()"
            )),
            expected,
            "{values}"
        );
    }
}

fn without_the_rule_starts_are_not(database: &Database) {
    let mut writer = inhabited(database);
    database
        .owner()
        .run("drop trigger stamp_start on hub.tasks");
    assert_eq!(
        writer.value(&format!(
            "update tasks set status = 'in_progress' where id = '{TASK}' returning started_at"
        )),
        "NULL"
    );
}

fn completions_are_stamped(database: &Database) {
    let mut writer = inhabited(database);
    writer.run("begin");
    for (change, expected) in [
        ("status = 'in_progress'", "NULL"),
        ("status = 'failed'", "NULL"),
        ("status = 'completed'", "t"),
        ("status = 'in_progress'", "NULL"),
    ] {
        assert_eq!(
            writer.value(&format!(
                "update tasks set {change} where id = '{TASK}' returning completed_at = now()"
            )),
            expected,
            "{change}"
        );
    }
}

fn without_the_rule_completions_are_not(database: &Database) {
    let mut writer = inhabited(database);
    database
        .owner()
        .run("select steward.detach('hub.tasks', 'tasks')");
    assert_eq!(
        writer.value(&format!(
            "update tasks set status = 'completed' where id = '{TASK}' returning completed_at"
        )),
        "NULL"
    );
}

/// A claim names the agent, and what failed is not handed out.
fn an_agent_claims_a_task(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&format!(
        "update tasks set priority = 'urgent' where id = '{ANOTHER_TASK}';
         update tasks set status = 'failed' where id = '{TASK}'"
    ));
    assert_eq!(
        writer.value(&format!(
            "select task from steward.claim_task('tasks', '{TESTER}')"
        )),
        ANOTHER_TASK
    );
    assert_eq!(
        writer.value(&format!(
            "select assigned_to_agent_id from tasks where id = '{ANOTHER_TASK}'"
        )),
        TESTER
    );
    assert_eq!(
        writer.sqlstate("select * from steward.claim_task('tasks', 'somebody')"),
        "22P02"
    );
    assert_eq!(
        writer.rows("select count(*) from steward.ready_tasks('tasks', null::uuid)"),
        ["1"],
        "the phone's"
    );
}

fn remember(project: &str) -> String {
    format!(
        "insert into agent_memory (agent_id, project_id, category, key, value) values ('{CODER}', {project}, 'c', 'k', '[]')"
    )
}

fn one_memory_a_key_without_a_project_too(database: &Database) {
    let mut writer = inhabited(database);
    for (project, constraint) in [
        ("null", "idx_agent_memory_without_project"),
        (
            &format!("'{WEBSITE}'"),
            "agent_memory_agent_id_project_id_category_key_key",
        ),
    ] {
        writer.run(&remember(project));
        let refusal = writer.refusal(&remember(project));
        assert_eq!(refusal.sqlstate(), "23505");
        assert_eq!(refusal.constraint(), Some(constraint));
    }
    writer.run(&format!(
        "insert into agent_memory (agent_id, category, key, value)
         values ('{TESTER}', 'c', 'k', '[]'), ('{CODER}', 'd', 'k', '[]'), ('{CODER}', 'c', 'l', '[]')"
    ));
    // Whoever owns nothing any more takes nothing along.
    writer.run(&format!("delete from users where id = '{BOB}'"));
    assert_eq!(writer.value("select count(*) from agent_memory"), "1");
}

fn without_the_index_there_are_two(database: &Database) {
    let mut writer = inhabited(database);
    database
        .owner()
        .run("drop index hub.idx_agent_memory_without_project");
    writer.run(&format!("{}; {}", remember("null"), remember("null")));
}
