//! The walk through Agent Hub: an alert, a refusal, a reservation, and events that are handed out to workers.

use super::walk::Cell::Is;
use super::walk::{Statement, Step, Walk};

/// What is shown of Agent Hub.
pub(super) static WALK: Walk = Walk {
    blueprint: "agent_hub",
    role: "hub_app",
    about_role: "which is no superuser, owns none of these tables,\n\
                 and may write all of them but those that the rules write.",
    preparation: "
        create role hub_app login;
        grant usage on schema agent_hub to hub_app;
        grant select, insert, update, delete on all tables in schema agent_hub to hub_app;
        revoke insert, update, delete on agent_hub.tasks_readiness, agent_hub.audit_log,
            agent_hub.budget_limits_counters, agent_hub.budget_limits_alerts, agent_hub.budget_limits_reservations,
            agent_hub.budget_limits_holds from hub_app;
        revoke all on agent_hub.schema_migrations from hub_app;
        alter role hub_app set search_path = agent_hub;",
    steps: &[ALERT, REFUSAL, RESERVATION, QUEUE],
    documents: &["docs/blueprints/agent_hub.md", "docs/budgets.md"],
};

const ALERT: Step = Step {
    title: "Most of a budget is used, and whom it concerns is told once",
    reason: "The project's owner and the administrator. That Kurt's work is Reading room's, nobody has to say.",
    statements: &[
        Statement::changes(
            1,
            "insert into token_usage (agent_id, model, cost_usd) select id, 'atlas-large', 3.50 from agents where name = 'Kurt';",
        ),
        Statement::changes(
            1,
            "insert into token_usage (agent_id, model, cost_usd) select id, 'atlas-large', 0.10 from agents where name = 'Kurt';",
        ),
        Statement::returns(
            "select u.username, n.severity, n.title from notifications n join users u on u.id = n.user_id\n\
             where n.title like 'Budget Reading room%' order by 1;",
            &[
                &[
                    Is("leila.karimi"),
                    Is("warning"),
                    Is("Budget Reading room, a day has used 87 %"),
                ],
                &[
                    Is("mira.okafor"),
                    Is("warning"),
                    Is("Budget Reading room, a day has used 87 %"),
                ],
            ],
        ),
    ],
};

const REFUSAL: Step = Step {
    title: "A budget that blocks is never exceeded",
    reason: "Grace has three dollars a day. Of the statement that would spend more, nothing is left.",
    statements: &[
        Statement::changes(
            1,
            "insert into token_usage (agent_id, model, cost_usd) select id, 'atlas-large', 2.40 from agents where name = 'Grace';",
        ),
        Statement::is_refused(
            "insert into token_usage (agent_id, model, cost_usd) select id, 'atlas-large', 0.75 from agents where name = 'Grace';",
            &["23514"],
        ),
    ],
};

const RESERVATION: Step = Step {
    title: "An expensive call holds its cost before it is made",
    reason: "What is held, nobody else can spend; the rest is given back, by settle() or by the clock.",
    statements: &[
        Statement::returns(
            "select verdict from agents, steward.reserve('budget_limits', jsonb_build_object('agent', id), 0.50, idempotency_key => 'call 1')\n\
             where name = 'Grace';",
            &[&[Is("granted")]],
        ),
        Statement::is_refused(
            "insert into token_usage (agent_id, model, cost_usd) select id, 'atlas-large', 0.20 from agents where name = 'Grace';",
            &["23514"],
        ),
        Statement::is_done("begin;"),
        Statement::returns(
            "select set_config('steward.reservation', reservation::text, true) <> '' as named\n\
             from budget_limits_reservations where idempotency_key = 'call 1';",
            &[&[Is("t")]],
        ),
        Statement::changes(
            1,
            "insert into token_usage (agent_id, model, cost_usd) select id, 'atlas-large', 0.35 from agents where name = 'Grace';",
        ),
        Statement::is_done("commit;"),
        Statement::returns(
            "select steward.settle(reservation) as given_back from budget_limits_reservations where idempotency_key = 'call 1';",
            &[&[Is("0.15")]],
        ),
    ],
};

const QUEUE: Step = Step {
    title: "Two workers take events from one queue",
    reason: "Neither waits for the other. What fails is tried again later, and who comes too late with a result is refused.",
    statements: &[
        Statement::is_done("begin;"),
        Statement::returns(
            "select event_type, retry_count from claim_webhooks('worker 1', 2);",
            &[
                &[Is("issue_comment"), Is("0")],
                &[Is("pull_request_review"), Is("0")],
            ],
        ),
        Statement::returns(
            "select event_type, retry_count from claim_webhooks('worker 2', 2);",
            &[&[Is("check_run"), Is("1")], &[Is("push"), Is("0")]],
        )
        .in_another_session(),
        Statement::is_done("commit;"),
        Statement::returns(
            "select event_type, finish_webhook(id, claim_token) is not null as done from webhooks\n\
             where claimed_by = 'worker 1' order by created_at;",
            &[
                &[Is("issue_comment"), Is("t")],
                &[Is("pull_request_review"), Is("t")],
            ],
        ),
        Statement::returns(
            "select event_type, fail_webhook(id, claim_token, 'timeout') > now() + interval '29 seconds' as later from webhooks\n\
             where claimed_by = 'worker 2' and event_type = 'check_run';",
            &[&[Is("check_run"), Is("t")]],
        ),
        Statement::is_refused(
            "select finish_webhook(id, claim_token - 1) from webhooks where claimed_by = 'worker 2';",
            &["55000"],
        ),
        Statement::returns(
            "select state, count(*), max(retry_count) as retries from webhook_queue group by state order by state;",
            &[
                &[Is("claimed"), Is("1"), Is("0")],
                &[Is("dead"), Is("1"), Is("5")],
                &[Is("ready"), Is("1"), Is("0")],
                &[Is("waiting"), Is("1"), Is("2")],
            ],
        ),
    ],
};
