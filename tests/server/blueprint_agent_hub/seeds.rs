//! The development data of Agent Hub: a story without contradictions, with windows that are current.

use steward_tests::{Database, tests};

use super::sample;

tests![
    the_story_is_whole,
    every_budget_agrees_with_its_usage,
    no_alert_is_due,
    usage_that_comes_back_is_counted,
    the_rule_is_on_again,
    whoever_seeds_later_changes_nothing,
];

fn the_story_is_whole(database: &Database) {
    let mut owner = sample().seeded(database);
    for wrong in [
        "tasks where (status = 'completed') <> (completed_at is not null)",
        "tasks where (status = 'pending') <> (started_at is null) or started_at > completed_at or created_at > started_at",
        "tasks as t join agents as a on a.id = assigned_to_agent_id where a.project_id <> t.project_id",
        "tasks as t join github_issues as i on i.id = issue_id where i.project_id <> t.project_id",
        "tasks as t join pull_requests as p on p.id = pr_id where p.project_id <> t.project_id or p.issue_id <> t.issue_id",
        "pull_requests where (state = 'merged') <> (merged_at is not null)",
        "messages as m join messages as a on a.reply_to_id = m.id
            where a.created_at < m.created_at or a.conversation_id <> m.conversation_id",
        "messages where (updated_at > created_at) <> is_edited",
        "messages where (author_type = 'agent') <> (model_used is not null and tokens_out > 0)",
        "messages as m join conversations as c on c.id = conversation_id where m.created_at < c.created_at or m.created_at > c.updated_at",
        "messages where agent_id is not null and not exists (
            select from conversation_participants as p
            where p.conversation_id = messages.conversation_id and p.agent_id = messages.agent_id and p.joined_at <= messages.created_at)",
        "token_usage where usage_date <> (timestamp at time zone 'UTC')::date or agent_type is null or cost_usd <= 0",
        "token_usage where timestamp > date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'",
        "token_usage as u join tasks as t on t.id = task_id where u.timestamp not between t.started_at - interval '1 day' and coalesce(t.completed_at, now()) + interval '1 day'",
        "webhooks where not processed and dead_at is null and next_attempt_at > now()",
        "notifications where not exists (select from users where id = user_id)",
        "steward.verify_tasks('tasks')",
    ] {
        assert_eq!(
            owner.value(&format!("select count(*) from {wrong}")),
            "0",
            "{wrong}"
        );
    }
    // What is there to be seen.
    assert_eq!(
        owner.value(
            "select count(*) filter (where is_admin), (select count(distinct type) from agents), (select count(distinct status) from tasks),
                 (select count(distinct type) from conversations), (select count(distinct priority) from tasks),
                 (select count(distinct severity) from notifications), (select count(distinct (scope_type, period)) from budget_limits where is_active),
                 (select count(distinct action_on_exceed) from budget_limits where is_active)
             from users"
        ),
        "1|5|6|4|4|3|12|2"
    );
    assert_eq!(
        owner.value("select count(*), count(distinct usage_date), min(now()::date - usage_date), max(now()::date - usage_date) from token_usage"),
        "644|31|0|30"
    );
    assert_eq!(
        owner.rows("select state, count(*) from webhook_queue group by 1 order by 1"),
        ["dead|1", "ready|5"]
    );
    assert_eq!(
        owner.value(
            "select count(*), (select count(*) from current_agent_memory) from agent_memory"
        ),
        "16|14"
    );
}

fn every_budget_agrees_with_its_usage(database: &Database) {
    let mut owner = sample().seeded(database);
    let verify = "select * from steward.verify_budgets('budget_limits')";
    assert_eq!(owner.rows(verify), [""; 0]);
    // What is counted is what is there.
    let counted = "select spent from steward.budget_status('budget_limits') where name = 'Everything, a month'";
    let added = "select sum(cost_usd)::numeric from token_usage where timestamp >= date_trunc('month', now() at time zone 'UTC') at time zone 'UTC'";
    assert!(owner.holds(&format!("select ({counted}) = ({added})")));
    // With counters that a charge has made, too.
    owner.run("insert into token_usage (agent_id, model, cost_usd) select id, 'm', 0.01 from agents where type = 'coder' and is_active");
    assert!(owner.holds("select count(*) > 5 from budget_limits_counters"));
    assert_eq!(owner.rows(verify), [""; 0]);
    assert!(owner.holds(&format!("select ({counted}) = ({added})")));
    // A control: past the triggers, the counters are wrong.
    database.superuser().run(
        "set session_replication_role = replica;
         insert into hub.token_usage (usage_date, model, cost_usd) values (now()::date, 'm', 1)",
    );
    assert!(!owner.rows(verify).is_empty());
}

/// On whatever day they are run: each budget has room for the month, the week and the day that spent most.
fn no_alert_is_due(database: &Database) {
    let mut owner = sample().seeded(database);
    assert_eq!(
        owner.rows(
            "select b.name from budget_limits as b, generate_series(0, 30) as days
             where is_active and alert_threshold * amount_usd <= (
                 select coalesce(sum(cost_usd), 0) from token_usage as u
                 where case scope_type when 'project' then u.project_id = b.project_id when 'agent' then u.agent_id = b.agent_id
                         when 'agent_type' then u.agent_type = b.scope_agent_type else true end
                     and now()::date - usage_date between days and days + case period when 'daily' then 0 when 'weekly' then 6 else 30 end
             )"
        ),
        [""; 0]
    );
    assert_eq!(
        owner.value("select steward.sweep_budgets('budget_limits')"),
        "0"
    );
    assert_eq!(
        owner.value("select count(*) from budget_limits_alerts"),
        "0"
    );
}

fn usage_that_comes_back_is_counted(database: &Database) {
    let mut owner = sample().seeded(database);
    let status = "select name, spent from steward.budget_status('budget_limits') order by 1";
    let before = owner.rows(status);
    owner.run(
        "insert into token_usage (agent_id, model, cost_usd) select id, 'm', 0.00 from agents where is_active;
         delete from token_usage where usage_date > now()::date - 5",
    );
    assert_ne!(owner.rows(status), before);
    sample().seed(&mut owner);
    assert_eq!(owner.rows(status), before);
    let verify = "select * from steward.verify_budgets('budget_limits')";
    assert_eq!(owner.rows(verify), [""; 0]);
}

fn the_rule_is_on_again(database: &Database) {
    let mut owner = sample().seeded(database);
    assert_eq!(
        owner.rows("select tgname from pg_trigger where tgrelid = 'token_usage'::regclass and tgenabled <> 'O'"),
        [""; 0]
    );
    let refusal = owner.refusal(
        "insert into token_usage (agent_id, model, cost_usd) select id, 'm', 3.01 from agents where name = 'Grace'",
    );
    assert_eq!(refusal.constraint(), Some("Grace, a day"));
    let late = "insert into token_usage (timestamp, model, cost_usd) values (now() - interval '2 hours', 'm', 0.01)";
    assert_eq!(owner.sqlstate(late), "23514");
    assert_eq!(
        owner.rows("select relname from pg_class where relnamespace = pg_my_temp_schema() and relkind in ('r', 'v')"),
        [""; 0]
    );
}

/// As if the seeds had been run some days ago: rows are known by their ids, not by their times.
fn whoever_seeds_later_changes_nothing(database: &Database) {
    let mut owner = sample().seeded(database);
    database.superuser().run(
        "set session_replication_role = replica;
         update hub.token_usage set timestamp = timestamp - interval '3 days', usage_date = usage_date - 3;
         update hub.tasks set created_at = created_at - interval '3 days'",
    );
    let rows = "select u.xmin, u.* from token_usage as u order by id";
    let before = owner.rows(rows);
    sample().seed(&mut owner);
    assert_eq!(owner.rows(rows), before);
}
