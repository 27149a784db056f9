//! What a row of usage says: its day, its agent's type and its project, filled in from what it names.

use steward_tests::{Database, Session, tests};

use super::world::{
    ADA, ANSWER, CODER, PHONE, PULL, QUESTION, REVIEWER, TALK, TASK, TESTER, WEBSITE, identified,
    inhabited, used,
};

tests![
    the_day_is_that_of_the_time_in_utc,
    without_the_rule_the_day_is_what_clients_say,
    type_and_project_are_filled_in,
    without_the_rule_what_is_left_out_evades_a_budget,
    types_that_no_agent_has_are_refused,
    contradictions_are_refused,
    without_the_rule_contradictions_are_taken,
    what_is_unknown_is_left_to_its_foreign_key,
    an_update_is_asked_about_what_it_changes,
    a_project_cannot_be_taken_out_of_a_row,
    writers_need_no_right_on_what_they_name,
    it_works_in_a_renamed_schema_and_under_any_search_path,
    a_row_that_conflicts_is_what_the_rule_made_of_it,
];

fn the_day_is_that_of_the_time_in_utc(database: &Database) {
    let mut writer = inhabited(database);
    // Times that are further off are refused by the rule that charges.
    database
        .owner()
        .run("select steward.detach('hub.token_usage', 'budgets')");
    writer.run("set timezone = 'Pacific/Auckland'");
    for (time, day) in [
        ("2026-03-01 23:59:59.999999+00", "2026-03-01"),
        ("2026-03-02 00:00:00+00", "2026-03-02"),
        ("2026-03-02 00:30:00+02", "2026-03-01"),
        ("2026-02-28 23:30:00-02", "2026-03-01"),
    ] {
        for (columns, values) in [
            ("timestamp", format!("'{time}'")),
            ("timestamp, usage_date", format!("'{time}', '2001-01-01'")),
        ] {
            writer.run(&used(columns, &values));
            assert_eq!(
                writer.value("with gone as (delete from token_usage returning usage_date) select usage_date from gone"),
                day,
                "{time}"
            );
        }
    }
    for (columns, values) in [("usage_date", "null"), ("timestamp", "null")] {
        writer.run(&used(columns, values));
    }
    assert_eq!(
        writer.value(
            "select count(*) from token_usage where timestamp is not null and usage_date = (timestamp at time zone 'UTC')::date"
        ),
        "2"
    );
    assert_eq!(
        writer.value(
            "with moved as (update token_usage set timestamp = '2026-05-05 12:00+00', usage_date = '2001-01-01' returning usage_date)
             select distinct usage_date from moved"
        ),
        "2026-05-05"
    );
    writer.run("update token_usage set usage_date = '2001-01-01'");
    assert_eq!(
        writer.value("select distinct usage_date from token_usage"),
        "2026-05-05"
    );
}

fn without_the_rule_the_day_is_what_clients_say(database: &Database) {
    let mut writer = inhabited(database);
    database
        .owner()
        .run("drop trigger derive_usage on hub.token_usage");
    assert_eq!(writer.sqlstate(&used("tokens_in", "1")), "23502");
    writer.run(&used("usage_date", "'2001-01-01'"));
}

/// What a row names, and the agent, type, project and conversation that it then has.
const FILLED_IN: &[(&str, &str, &str)] = &[
    ("agent_id", "'CODER'", "CODER|coder|WEBSITE|NULL"),
    ("agent_id", "'TESTER'", "TESTER|tester|NULL|NULL"),
    (
        "agent_id, agent_type",
        "'TESTER', 'tester'",
        "TESTER|tester|NULL|NULL",
    ),
    ("agent_type", "'architect'", "NULL|architect|NULL|NULL"),
    ("conversation_id", "'TALK'", "NULL|NULL|WEBSITE|TALK"),
    ("conversation_id", "'CHAT'", "NULL|NULL|NULL|CHAT"),
    ("pr_id", "'PULL'", "NULL|NULL|WEBSITE|NULL"),
    // The message's author, and then its conversation's project.
    ("message_id", "'ANSWER'", "CODER|coder|WEBSITE|TALK"),
    ("message_id", "'QUESTION'", "NULL|NULL|NULL|CHAT"),
    (
        "message_id, agent_id",
        "'ANSWER', 'TESTER'",
        "TESTER|tester|WEBSITE|TALK",
    ),
    (
        "message_id, user_id",
        "'ANSWER', 'ADA'",
        "CODER|coder|WEBSITE|TALK",
    ),
    (
        "message_id, agent_type",
        "'ANSWER', 'coder'",
        "CODER|coder|WEBSITE|TALK",
    ),
    (
        "task_id, agent_type",
        "'TASK', 'coder'",
        "CODER|coder|WEBSITE|NULL",
    ),
    // The agent whose task it is, unless it is the work of somebody else.
    ("task_id", "'TASK'", "CODER|coder|WEBSITE|NULL"),
    ("task_id", "'ANOTHER_TASK'", "NULL|NULL|WEBSITE|NULL"),
    (
        "task_id, agent_id",
        "'TASK', 'TESTER'",
        "TESTER|tester|WEBSITE|NULL",
    ),
    (
        "task_id, agent_type",
        "'TASK', 'reviewer'",
        "NULL|reviewer|WEBSITE|NULL",
    ),
    (
        "task_id, user_id",
        "'TASK', 'ADA'",
        "NULL|NULL|WEBSITE|NULL",
    ),
    (
        "task_id, agent_id, pr_id, message_id, conversation_id, project_id, agent_type",
        "'TASK', 'CODER', 'PULL', 'ANSWER', 'TALK', 'WEBSITE', 'coder'",
        "CODER|coder|WEBSITE|TALK",
    ),
    ("project_id", "'PHONE'", "NULL|NULL|PHONE|NULL"),
    (
        "project_id, agent_id",
        "'PHONE', 'TESTER'",
        "TESTER|tester|PHONE|NULL",
    ),
    (
        "project_id, conversation_id",
        "'PHONE', 'CHAT'",
        "NULL|NULL|PHONE|CHAT",
    ),
    ("tokens_in", "1", "NULL|NULL|NULL|NULL"),
];

fn type_and_project_are_filled_in(database: &Database) {
    let mut writer = inhabited(database);
    for (columns, values, expected) in FILLED_IN {
        assert_eq!(
            writer.value(&format!(
                "{} returning agent_id, agent_type, project_id, conversation_id",
                used(columns, &identified(values))
            )),
            identified(expected),
            "{columns}"
        );
    }
}

fn budget_of_the_website(writer: &mut Session) {
    writer.run(&format!(
        "insert into budget_limits (name, scope_type, scope_id, scope_agent_type, amount_usd, period, action_on_exceed) values
             ('website', 'project', '{WEBSITE}', null, 1, 'monthly', 'block'),
             ('coders', 'agent_type', null, 'coder', 1, 'monthly', 'block'),
             ('coder', 'agent', '{CODER}', null, 1, 'monthly', 'block')"
    ));
}

fn without_the_rule_what_is_left_out_evades_a_budget(database: &Database) {
    let mut writer = inhabited(database);
    budget_of_the_website(&mut writer);
    for named in [
        ("task_id", TASK),
        ("agent_id", CODER),
        ("message_id", ANSWER),
        ("conversation_id", TALK),
        ("pr_id", PULL),
    ] {
        let statement = used(
            &format!("{}, usage_date, cost_usd", named.0),
            &format!("'{}', now()::date, 1.01", named.1),
        );
        assert_eq!(writer.sqlstate(&statement), "23514", "{}", named.0);
        let mut owner = database.owner();
        owner.run("set search_path = hub; begin; drop trigger derive_usage on token_usage");
        if named.0 == "agent_id" {
            // That column is a scope itself.
            owner.run("delete from budget_limits where name = 'coder'");
        }
        owner.run(&format!("{statement}; rollback"));
    }
}

const PROJECT: &str = "token_usage_project_id_check";

/// What a row names that does not go together, and the constraint that says so.
const CONTRADICTIONS: &[(&str, &str, &str)] = &[
    (
        "message_id, agent_type",
        "'ANSWER', 'reviewer'",
        "token_usage_agent_type_check",
    ),
    (
        "agent_id, agent_type",
        "'CODER', 'tester'",
        "token_usage_agent_type_check",
    ),
    (
        "agent_id, agent_type",
        "'TESTER', 'Tester'",
        "token_usage_agent_type_check",
    ),
    ("agent_id, project_id", "'CODER', 'PHONE'", PROJECT),
    ("task_id, project_id", "'TASK', 'PHONE'", PROJECT),
    ("pr_id, project_id", "'PULL', 'PHONE'", PROJECT),
    ("conversation_id, project_id", "'TALK', 'PHONE'", PROJECT),
    ("message_id, project_id", "'ANSWER', 'PHONE'", PROJECT),
    // Not with one that is named, but among each other.
    ("agent_id, task_id", "'REVIEWER', 'TASK'", PROJECT),
    ("agent_id, conversation_id", "'CODER', 'CALL'", PROJECT),
    ("task_id, pr_id", "'PHONE_TASK', 'PULL'", PROJECT),
    ("task_id, message_id", "'PHONE_TASK', 'ANSWER'", PROJECT),
    (
        "message_id, conversation_id",
        "'ANSWER', 'CHAT'",
        "token_usage_conversation_id_check",
    ),
];

fn types_that_no_agent_has_are_refused(database: &Database) {
    let mut writer = inhabited(database);
    let refusal = writer.refusal(&used("agent_type", "'x'"));
    assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
    assert_eq!(refusal.constraint(), Some("token_usage_agent_type_check"));
    database
        .owner()
        .run("alter table hub.token_usage drop constraint token_usage_agent_type_check");
    writer.run(&used("agent_type", "'x'"));
}

fn contradictions_are_refused(database: &Database) {
    let mut writer = inhabited(database);
    for (columns, values, constraint) in CONTRADICTIONS {
        let refusal = writer.refusal(&used(columns, &identified(values)));
        assert_eq!(refusal.sqlstate(), "23514", "{columns}: {refusal}");
        assert_eq!(
            refusal.constraint(),
            Some(*constraint),
            "{columns}: {refusal}"
        );
        assert!(
            refusal.detail().is_some() && refusal.hint().is_some(),
            "{refusal}"
        );
    }
}

fn without_the_rule_contradictions_are_taken(database: &Database) {
    let mut writer = inhabited(database);
    database
        .owner()
        .run("drop trigger derive_usage on hub.token_usage; alter table hub.token_usage drop constraint token_usage_agent_type_check");
    for (columns, values, _) in CONTRADICTIONS {
        writer.run(&used(
            &format!("usage_date, {columns}"),
            &format!("now(), {}", identified(values)),
        ));
    }
}

fn what_is_unknown_is_left_to_its_foreign_key(database: &Database) {
    let mut writer = inhabited(database);
    for column in [
        "agent_id",
        "conversation_id",
        "message_id",
        "project_id",
        "task_id",
        "pr_id",
        "user_id",
    ] {
        let refusal = writer.refusal(&used(column, "gen_random_uuid()"));
        assert_eq!(refusal.sqlstate(), "23503");
        assert_eq!(
            refusal.constraint(),
            Some(format!("token_usage_{column}_fkey").as_str())
        );
    }
}

fn an_update_is_asked_about_what_it_changes(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&used(
        "task_id, agent_id, cost_usd",
        &format!("'{TASK}', '{CODER}', 1"),
    ));
    // The task has gone to another project, the agent does something else: what was spent was spent.
    writer.run(&format!(
        "update tasks set project_id = '{PHONE}' where id = '{TASK}';
         update agents set type = 'architect', project_id = null where id = '{CODER}';
         update token_usage set was_cached = true, cost_usd = 2, metadata = '{{\"a\": 1}}', user_id = '{ADA}';
         update token_usage set agent_id = agent_id, task_id = task_id, project_id = project_id;
         update token_usage set pr_id = '{PULL}', conversation_id = '{TALK}';
         update token_usage set task_id = null, pr_id = null"
    ));
    assert_eq!(
        writer.value("select agent_type, project_id from token_usage"),
        format!("coder|{WEBSITE}")
    );
    for (change, constraint) in [
        (
            format!("task_id = '{TASK}'"),
            "token_usage_project_id_check",
        ),
        (
            format!("agent_id = '{REVIEWER}', agent_type = null"),
            "token_usage_project_id_check",
        ),
        (
            format!("project_id = '{PHONE}'"),
            "token_usage_project_id_check",
        ),
        (
            format!("agent_id = '{TESTER}'"),
            "token_usage_agent_type_check",
        ),
        (
            "agent_type = 'reviewer'".to_owned(),
            "token_usage_agent_type_check",
        ),
        (
            format!("message_id = '{QUESTION}'"),
            "token_usage_conversation_id_check",
        ),
    ] {
        let refusal = writer.refusal(&format!("update token_usage set {change}"));
        assert_eq!(
            refusal.constraint(),
            Some(constraint),
            "{change}: {refusal}"
        );
    }
    writer.run(&format!(
        "update token_usage set agent_id = '{TESTER}', agent_type = null"
    ));
    assert_eq!(writer.value("select agent_type from token_usage"), "tester");
    // All of it to another project.
    writer.run(&format!(
        "update token_usage set project_id = null, conversation_id = null, task_id = '{TASK}'"
    ));
    assert_eq!(writer.value("select project_id from token_usage"), PHONE);
}

fn a_project_cannot_be_taken_out_of_a_row(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&used("task_id", &format!("'{TASK}'")));
    for update in [
        "project_id = null, agent_type = null",
        "agent_id = null",
        "agent_id = null, agent_type = null, project_id = null",
    ] {
        writer.run(&format!("update token_usage set {update}"));
        assert_eq!(
            writer.value("select agent_id, project_id, agent_type from token_usage"),
            format!("{CODER}|{WEBSITE}|coder"),
            "{update}"
        );
    }
}

fn writers_need_no_right_on_what_they_name(database: &Database) {
    let mut writer = inhabited(database);
    database.owner().run(
        "revoke all on all tables in schema hub from writer;
         grant insert, select on hub.token_usage to writer",
    );
    writer.run(&used(
        "task_id, message_id, cost_usd, tokens_in",
        &format!("'{TASK}', '{ANSWER}', 1, 2"),
    ));
    assert_eq!(
        writer.value("select agent_type, project_id from token_usage"),
        format!("coder|{WEBSITE}")
    );
    assert_eq!(
        database.owner().value(&format!(
            "select t.total_cost_usd, m.tokens_in from hub.tasks as t, hub.messages as m where t.id = '{TASK}' and m.id = '{ANSWER}'"
        )),
        "1.000000|2"
    );
}

fn it_works_in_a_renamed_schema_and_under_any_search_path(database: &Database) {
    let mut writer = inhabited(database);
    writer.run(&used(
        "task_id, message_id, cost_usd",
        &format!("'{TASK}', '{ANSWER}', 1"),
    ));
    database
        .superuser()
        .run("alter schema hub rename to \"Other Schema\"");
    writer.run(
        "set search_path = pg_temp;
         create temporary table tasks (id uuid, project_id uuid, assigned_to_agent_id uuid);
         create temporary table agents (id uuid, type text, project_id uuid);
         create temporary table token_usage (task_id uuid, tokens_in integer, tokens_out integer, cost_usd numeric)",
    );
    let usage = used(
        "task_id, message_id, cost_usd",
        &format!("'{TASK}', '{ANSWER}', 2"),
    )
    .replace("token_usage", "\"Other Schema\".token_usage");
    writer.run(&usage);
    writer.run(
        "update \"Other Schema\".token_usage set cost_usd = 5 where cost_usd = 2;
         update \"Other Schema\".messages set cost_usd = 17;
         drop table pg_temp.token_usage, pg_temp.agents, pg_temp.tasks;
         set search_path = \"Other Schema\"",
    );
    assert_eq!(
        writer.rows("select cost_usd, agent_type, project_id from token_usage order by 1"),
        [
            format!("1.000000|coder|{WEBSITE}"),
            format!("5.000000|coder|{WEBSITE}")
        ]
    );
    assert_eq!(
        writer.value(&format!(
            "select t.total_cost_usd, m.cost_usd from tasks as t, messages as m where t.id = '{TASK}' and m.id = '{ANSWER}'"
        )),
        "6.000000|6.000000"
    );
    // The writer's own path is what it was.
    assert_eq!(writer.value("show search_path"), "\"Other Schema\"");
}

fn a_row_that_conflicts_is_what_the_rule_made_of_it(database: &Database) {
    let mut writer = inhabited(database);
    let insert = used(
        "id, task_id, cost_usd",
        &format!("'99999999-0000-4000-8000-000000000001', '{TASK}', 1"),
    );
    for _ in 0..3 {
        writer.run(&format!("{insert} on conflict (id) do nothing"));
        writer.run(&format!(
            "{insert} on conflict (id) do update set task_id = excluded.task_id, cost_usd = 2"
        ));
    }
    assert_eq!(
        writer.value(&format!("select count(*), total_cost_usd from token_usage, tasks where tasks.id = '{TASK}' group by 2")),
        "1|2.000000"
    );
}
