//! What goes and what stays when projects, users, agents and the rest are deleted.

use steward_tests::{Database, Session, tests};

use super::LEVELS;
use super::world::{
    ADA, ANSWER, BOB, CALL, CHAT, CODER, ISSUE, PHONE, PULL, QUESTION, REVIEWER, TALK, TASK,
    TESTER, WEBSITE, inhabited, used,
};

tests![
    a_project_takes_along_what_is_about_it_alone,
    and_leaves_what_was_spent,
    a_conversation_leaves_what_links_to_it,
    a_message_leaves_its_answers_and_its_usage,
    an_agent_leaves_what_it_did,
    a_user_takes_projects_along,
    what_deletions_clear_is_never_refused,
    a_project_that_is_just_being_deleted_gets_no_usage,
];

/// The world, with a row of everything that a deletion could meet.
fn with_traces(database: &Database) -> Session {
    let mut writer = inhabited(database);
    writer.run(&used(
        "user_id, message_id, task_id, pr_id, cost_usd",
        &format!("'{ADA}', '{ANSWER}', '{TASK}', '{PULL}', 1"),
    ));
    writer.run(&used("agent_id, cost_usd", &format!("'{REVIEWER}', 2")));
    writer.run(&format!(
        "insert into messages (conversation_id, author_type, user_id, content, reply_to_id)
             values ('{TALK}', 'user', '{BOB}', 'Thanks.', '{ANSWER}');
         insert into notifications (type, title, message, user_id, project_id, agent_id) values
             ('t', 'of the website', 'm', '{ADA}', '{WEBSITE}', null), ('t', 'of the coder', 'm', '{ADA}', null, '{CODER}'),
             ('t', 'of the phone', 'm', '{ADA}', '{PHONE}', '{REVIEWER}'), ('t', 'of nothing', 'm', '{BOB}', null, null);
         insert into agent_memory (agent_id, project_id, category, key, value) values
             ('{CODER}', null, 'c', 'own', '[]'), ('{TESTER}', '{WEBSITE}', 'c', 'of the website', '[]'),
             ('{TESTER}', null, 'c', 'in general', '[]'), ('{REVIEWER}', '{PHONE}', 'c', 'of the phone', '[]');
         insert into webhooks (project_id, source, event_type, payload) values
             ('{WEBSITE}', 'github', 'push', '{{}}'), ('{PHONE}', 'github', 'push', '{{}}');
         insert into budget_limits (name, scope_type, scope_id, amount_usd, period) values
             ('of the website', 'project', '{WEBSITE}', 100, 'monthly'), ('of the coder', 'agent', '{CODER}', 100, 'daily'),
             ('of the phone', 'project', '{PHONE}', 100, 'weekly'), ('of all', 'global', null, 100, 'weekly')"
    ));
    writer
}

fn counts(session: &mut Session) -> String {
    session.value(
        "select (select count(*) from projects), (select count(*) from agents), (select count(*) from conversations),
             (select count(*) from messages), (select count(*) from github_issues), (select count(*) from pull_requests),
             (select count(*) from tasks), (select count(*) from webhooks)",
    )
}

fn agrees(database: &Database) {
    let mut session = database.owner();
    session.run("set search_path = hub");
    assert_eq!(
        session.rows("select * from steward.verify_budgets('budget_limits')"),
        [""; 0]
    );
    assert_eq!(
        session.rows("select * from steward.verify_tasks('tasks')"),
        [""; 0]
    );
}

fn a_project_takes_along_what_is_about_it_alone(database: &Database) {
    let mut writer = with_traces(database);
    writer.run(&format!("delete from projects where id = '{WEBSITE}'"));
    assert_eq!(counts(&mut writer), "1|2|2|1|0|0|1|1");
    assert_eq!(
        writer.rows("select title, agent_id from notifications order by 1"),
        [
            "of nothing|NULL",
            "of the coder|NULL",
            &format!("of the phone|{REVIEWER}")
        ]
    );
    assert_eq!(
        writer.rows("select key from agent_memory order by 1"),
        ["in general", "of the phone"]
    );
    assert_eq!(
        writer.rows("select name, is_active, scope_id is null, project_id is null, agent_id is null from budget_limits order by 1"),
        [
            "of all|t|t|t|t",
            "of the coder|f|f|t|t",
            "of the phone|t|f|f|t",
            "of the website|f|f|t|t",
        ]
    );
    agrees(database);
}

/// Of the row of the website only what is not gone stays; that of the phone is as it was.
fn and_leaves_what_was_spent(database: &Database) {
    let mut writer = with_traces(database);
    writer.run(&format!("delete from projects where id = '{WEBSITE}'"));
    assert_eq!(
        writer.rows(
            "select cost_usd, user_id, agent_id, agent_type, conversation_id, message_id, project_id, task_id, pr_id
             from token_usage order by cost_usd"
        ),
        [
            format!("1.000000|{ADA}|NULL|coder|NULL|NULL|NULL|NULL|NULL"),
            format!("2.000000|NULL|{REVIEWER}|reviewer|NULL|NULL|{PHONE}|NULL|NULL"),
        ]
    );
    assert_eq!(
        writer.rows("select name, spent from steward.budget_status('budget_limits') order by 1"),
        ["of all|3.00", "of the phone|2.00"]
    );
}

fn a_conversation_leaves_what_links_to_it(database: &Database) {
    let mut writer = with_traces(database);
    writer.run(&format!("delete from conversations where id = '{TALK}'"));
    assert_eq!(counts(&mut writer), "2|3|2|1|1|1|3|2");
    assert_eq!(
        writer.value(&format!(
            "select i.conversation_id, p.conversation_id, u.conversation_id, u.message_id, u.project_id, u.task_id
             from github_issues as i, pull_requests as p, token_usage as u where u.task_id = '{TASK}'"
        )),
        format!("NULL|NULL|NULL|NULL|{WEBSITE}|{TASK}")
    );
}

fn a_message_leaves_its_answers_and_its_usage(database: &Database) {
    let mut writer = with_traces(database);
    writer.run(&format!("delete from messages where id = '{ANSWER}'"));
    assert_eq!(
        writer.value("select reply_to_id from messages where content = 'Thanks.'"),
        "NULL"
    );
    assert_eq!(
        writer.value("select message_id, conversation_id from token_usage where cost_usd = 1"),
        format!("NULL|{TALK}")
    );
    assert_eq!(
        writer.value(&format!(
            "select total_cost_usd from tasks where id = '{TASK}'"
        )),
        "1.000000"
    );
}

fn an_agent_leaves_what_it_did(database: &Database) {
    let mut writer = with_traces(database);
    writer.run(&format!("delete from agents where id = '{CODER}'"));
    assert_eq!(counts(&mut writer), "2|2|3|3|1|1|3|2");
    assert_eq!(
        writer.value(&format!(
            "select c.created_by_agent_id, m.agent_id, p.created_by_agent_id, t.assigned_to_agent_id, u.agent_id, u.agent_type
             from conversations as c, messages as m, pull_requests as p, tasks as t, token_usage as u
             where c.id = '{TALK}' and m.id = '{ANSWER}' and t.id = '{TASK}' and u.task_id = t.id"
        )),
        "NULL|NULL|NULL|NULL|NULL|coder"
    );
    assert_eq!(
        writer.rows("select key from agent_memory order by 1"),
        ["in general", "of the phone", "of the website"]
    );
    assert_eq!(
        writer.value("select agent_id from notifications where title = 'of the coder'"),
        "NULL"
    );
    assert_eq!(
        writer.rows("select name from budget_limits where not is_active"),
        ["of the coder"]
    );
    agrees(database);
}

fn a_user_takes_projects_along(database: &Database) {
    let mut writer = with_traces(database);
    writer.run(&format!("delete from users where id = '{ADA}'"));
    assert_eq!(counts(&mut writer), "2|3|3|3|1|1|3|2");
    assert_eq!(
        writer.value(&format!(
            "select c.created_by_user_id, m.user_id, u.user_id, (select count(*) from notifications)
             from conversations as c, messages as m, token_usage as u
             where c.id = '{CHAT}' and m.id = '{QUESTION}' and u.cost_usd = 1"
        )),
        "NULL|NULL|NULL|1"
    );
    writer.run(&format!("delete from users where id = '{BOB}'"));
    assert_eq!(counts(&mut writer), "0|1|1|1|0|0|0|0");
    assert_eq!(
        writer.value("select count(*), sum(cost_usd), count(project_id) from token_usage"),
        "2|3.000000|0"
    );
    agrees(database);
}

/// Although a budget that blocks is exceeded by then, and the type and the project of what is named are others.
fn what_deletions_clear_is_never_refused(database: &Database) {
    for table in [
        format!("tasks where id = '{TASK}'"),
        format!("pull_requests where id = '{PULL}'"),
        format!("github_issues where id = '{ISSUE}'"),
        format!("messages where id = '{ANSWER}'"),
        format!("conversations where id in ('{TALK}', '{CALL}')"),
        format!("agents where id = '{CODER}'"),
        format!("users where id = '{ADA}'"),
        format!("projects where id = '{WEBSITE}'"),
        format!("users where id = '{BOB}'"),
    ] {
        let database = database.create_another().expect("a database");
        let mut writer = with_traces(&database);
        writer.run(&format!(
            "update budget_limits set amount_usd = 0.01, action_on_exceed = 'block';
             update agents set type = 'architect', project_id = '{PHONE}' where id = '{CODER}';
             update tasks set project_id = '{PHONE}' where id = '{TASK}';
             update conversations set project_id = '{PHONE}' where id = '{TALK}';
             update token_usage set was_cached = true, cost_usd = cost_usd / 2"
        ));
        writer.run(&format!("delete from {table}"));
        agrees(&database);
        // The control: what raises the cost is refused, where anything is left to be charged.
        if writer.holds("select exists (select from budget_limits where is_active)") {
            assert_eq!(
                writer.sqlstate("update token_usage set cost_usd = cost_usd + 1"),
                "23514"
            );
        }
    }
}

fn a_project_that_is_just_being_deleted_gets_no_usage(database: &Database) {
    let mut first = inhabited(database);
    for level in LEVELS {
        let mut second = super::another_application(database);
        second.run(&format!("set default_transaction_isolation = '{level}'"));
        first.run(&format!(
            "begin; delete from projects where id = '{WEBSITE}'"
        ));
        let waiting = second.start(&used("task_id, cost_usd", &format!("'{TASK}', 1")));
        waiting.until_blocked(&mut database.owner());
        first.run("rollback");
        waiting.finish().1.expect("it has stayed");
    }
    first.run(&format!(
        "begin; delete from projects where id = '{WEBSITE}'"
    ));
    let waiting = super::another_application(database)
        .start(&used("task_id, cost_usd", &format!("'{TASK}', 1")));
    waiting.until_blocked(&mut database.owner());
    first.run("commit");
    let refusal = waiting.finish().1.expect_err("it has gone");
    assert_eq!(refusal.sqlstate(), "23503", "{refusal}");
}
