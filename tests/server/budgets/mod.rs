//! `meter_usage` and what it keeps: no budget that blocks is ever exceeded.

use steward_tests::{Database, Session, Test};

mod alerts;
mod attaching;
mod changes;
mod charging;
mod closing;
mod concurrency;
mod crash;
mod reservations;
mod rights;
mod statements;
mod stress;
mod tables;
mod windows;

/// Every test of the capability.
pub(crate) fn all() -> Vec<Test> {
    [
        charging::tests(),
        statements::tests(),
        windows::tests(),
        changes::tests(),
        alerts::tests(),
        attaching::tests(),
        reservations::tests(),
        closing::tests(),
        tables::tests(),
        rights::tests(),
        concurrency::tests(),
        stress::tests(),
        crash::tests(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Tables as the document of the agent hub has them, as far as budgets look at them.
const HUB: &str = "
    create table projects (id uuid primary key, name text);
    create table agents (id uuid primary key, name text);
    create table token_usage (
        id uuid primary key default gen_random_uuid(),
        timestamp timestamptz default now(),
        agent_id uuid references agents on delete set null,
        agent_type varchar(20),
        project_id uuid references projects on delete set null,
        cost_usd decimal(10,6) default 0,
        reservation uuid
    );
    create index on token_usage (timestamp);
    create table budget_limits (
        id uuid primary key default gen_random_uuid(),
        name varchar(100) not null,
        scope_type varchar(20) not null check (scope_type in ('global', 'project', 'agent', 'agent_type')),
        scope_id uuid,
        scope_agent_type varchar(20),
        amount_usd decimal(10,2) not null,
        period varchar(20) not null check (period in ('daily', 'weekly', 'monthly')),
        alert_threshold decimal(3,2) default 0.80 check (alert_threshold > 0 and alert_threshold <= 1.0),
        action_on_exceed varchar(20) default 'warn' check (action_on_exceed in ('warn', 'block')),
        is_active boolean default true,
        created_at timestamptz default now(),
        updated_at timestamptz default now()
    );
    create table told (budget text, severity text, title text, message text, details jsonb);
    create function tell(budget text, severity text, title text, message text, details jsonb) returns void
        language sql as 'insert into public.told values ($1, $2, $3, $4, $5)';
    insert into projects values ('00000000-0000-0000-0000-000000000001', 'P'), ('00000000-0000-0000-0000-000000000002', 'Q');
    insert into agents values ('00000000-0000-0000-0000-00000000000a', 'A')";

const METER: &str =
    "select steward.meter_usage('token_usage', reservation => 'reservation', notify => 'tell')";

const P: &str = "00000000-0000-0000-0000-000000000001";
const Q: &str = "00000000-0000-0000-0000-000000000002";
const A: &str = "00000000-0000-0000-0000-00000000000a";

/// A budget for a month: `scope` is `global`, `agent_type coder`, or a kind and an id.
fn budget(session: &mut Session, name: &str, scope: &str, amount: &str, action: &str) {
    let (kind, target) = scope.split_once(' ').unwrap_or((scope, ""));
    let (id, agent_type) = match kind {
        "agent_type" => ("null".to_owned(), format!("'{target}'")),
        "global" => ("null".to_owned(), "null".to_owned()),
        _ => (format!("'{target}'"), "null".to_owned()),
    };
    session.run(&format!(
        "insert into budget_limits (name, scope_type, scope_id, scope_agent_type, amount_usd, period, action_on_exceed)
         values ('{name}', '{kind}', {id}, {agent_type}, {amount}, 'monthly', '{action}')"
    ));
}

/// The owner of the hub, whose usage is metered, with one budget of 10 for project P that blocks.
fn owner_of_hub(database: &Database) -> Session {
    let mut owner = database.owner();
    owner.run(HUB);
    owner.run(METER);
    budget(&mut owner, "P", &format!("project {P}"), "10", "block");
    owner
}

/// A row of usage for project P, as a statement.
fn spend(cost: &str) -> String {
    format!("insert into token_usage (project_id, cost_usd) values ('{P}', {cost})")
}

/// What is counted for the budget of that name, over all its windows: `spent|held`.
fn counted(session: &mut Session, name: &str) -> String {
    session.value(&format!(
        "select coalesce(sum(spent), 0)::decimal(20,2), coalesce(sum(held), 0)::decimal(20,2)
         from budget_limits_counters join budget_limits as b on b.id = budget where b.name = '{name}'"
    ))
}

/// Fails where counters and rows differ.
#[track_caller]
fn assert_counters_agree(session: &mut Session) {
    let problems = session.rows("select * from steward.verify_budgets('budget_limits')");
    assert!(problems.is_empty(), "{problems:#?}");
}
