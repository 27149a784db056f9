//! `meter_usage`: what a charge costs beside a foreign key, with histories of all lengths, and among many sessions.

use postgres::IsolationLevel;

use crate::clock::Clock;
use crate::comparison::{
    Comparison, Durability, Fixture, Goal, Quantity, Ratio, Scale, Unit, Variant, Work,
};
use crate::sessions::Transaction;

const BASELINE: &str = include_str!("../../baseline/budget_counter.sql");
const SESSIONS: u32 = 8;
/// How many rows are charged, one by one, in a transaction.
const OF_A_TRANSACTION: usize = 20;

/// A table as the agent hub has it, with its foreign keys and indexes, and two keys more that can be given one.
const TABLES: &str = "
    create table projects (id uuid primary key);
    create table agents (id uuid primary key);
    create table users (id uuid primary key);
    insert into projects select ('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid from generate_series(1, 100) as i;
    insert into agents select id from projects;
    insert into users select id from projects;
    create table token_usage (
        id uuid primary key default gen_random_uuid(),
        timestamp timestamptz not null default now(),
        user_id uuid,
        agent_id uuid references agents,
        agent_type varchar(20),
        project_id uuid references projects,
        model varchar(100) not null default 'model',
        cost_usd decimal(10,6) not null
    );
    create index on token_usage (timestamp);
    create index on token_usage (agent_id);
    create index on token_usage (project_id);
    create table budget_limits (
        id uuid primary key default gen_random_uuid(),
        name text not null,
        scope_type text not null,
        scope_id uuid,
        scope_agent_type varchar(20),
        amount_usd numeric not null,
        period text not null default 'monthly',
        alert_threshold numeric default 0.80,
        action_on_exceed text not null
    );
    prepare spend (bigint) as insert into token_usage (user_id, agent_id, agent_type, project_id, cost_usd)
        values ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000001', 'coder', '00000000-0000-0000-0000-000000000001', 0.0001);";

const DEALLOCATE: &str = "deallocate all;";
const METER: &str = "select steward.meter_usage('token_usage');";

/// Budgets under which every row falls, so that four are charged.
const FOUR: &str = "
    insert into budget_limits (name, scope_type, scope_id, scope_agent_type, amount_usd, action_on_exceed) values
        ('all', 'global', null, null, 1e9, 'block'),
        ('project', 'project', '00000000-0000-0000-0000-000000000001', null, 1e9, 'block'),
        ('agent', 'agent', '00000000-0000-0000-0000-000000000001', null, 1e9, 'block'),
        ('type', 'agent_type', null, 'coder', 1e9, 'warn');";

const AGREES: &str = "not exists (select from steward.verify_budgets('budget_limits'))";

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    vec![
        history(scale),
        overhead(scale),
        bulk(scale),
        blocking(scale),
        warning(scale),
    ]
}

fn charges(scale: Scale) -> u32 {
    scale.single_rows / 10
}

fn single(scale: Scale) -> Work {
    let statements = vec!["execute spend (1)".to_owned(); charges(scale) as usize];
    Work::transactions(&statements, OF_A_TRANSACTION)
}

fn history(scale: Scale) -> Comparison {
    let variant = |name, rows: u32| {
        Variant {
        name,
        over: None,
        setup: format!(
            "{DEALLOCATE}{TABLES}{FOUR}
             set session_replication_role = replica;
             insert into token_usage (timestamp, agent_id, agent_type, project_id, cost_usd)
             select date_trunc('month', now()) + i * (now() - date_trunc('month', now())) / {rows} - interval '1 hour',
                 '00000000-0000-0000-0000-000000000001', 'coder', '00000000-0000-0000-0000-000000000001', 0.0001
             from generate_series(1, {rows}) as i;
             reset session_replication_role;
             {METER} execute spend (1);"
        ),
        work: single(scale),
        restore: "delete from token_usage where timestamp >= now() - interval '50 minutes'".to_owned(),
        proof: format!(
            "select {AGREES} and (select count(*) >= {rows} + {} from token_usage)",
            charges(scale)
        ),
    }
    };
    Comparison {
        name: "budgets/history",
        about: format!(
            "{} rows of usage, each charged to four budgets, with histories of 1000 to {} rows",
            charges(scale),
            scale.logged_rows
        ),
        fixture: Fixture::Kept,
        ratios: vec![ratio("10m", "1k", Goal::AtMost(1.2))],
        ..comparison(
            Unit::Time { of: "charge" },
            vec![
                variant("1k", 1_000),
                variant("100k", scale.bulk_rows),
                variant("10m", scale.logged_rows),
            ],
        )
    }
}

fn overhead(scale: Scale) -> Comparison {
    let variant = |name, over, rule: &str, proof: &str| Variant {
        name,
        over,
        setup: format!("{DEALLOCATE}{TABLES}{FOUR}{rule}"),
        work: single(scale),
        restore: String::new(),
        proof: format!(
            "select count(*) = {} and {proof} from token_usage",
            charges(scale)
        ),
    };
    Comparison {
        name: "budgets/single-row",
        about: format!(
            "{} rows of usage with two foreign keys, one a statement, {OF_A_TRANSACTION} a transaction; \
             with one more foreign key; with four budgets",
            charges(scale)
        ),
        ratios: vec![Ratio {
            quantity: Quantity::Overhead,
            of: "steward",
            against: "foreign_key",
            // Three for each of the four.
            goal: Some(Goal::AtMost(12.0)),
        }],
        ..comparison(
            Unit::Time { of: "row" },
            vec![
                variant("none", None, "", "true"),
                variant(
                    "foreign_key",
                    Some("none"),
                    "alter table token_usage add foreign key (user_id) references users;",
                    "true",
                ),
                variant("steward", Some("none"), METER, AGREES),
            ],
        )
    }
}

fn bulk(scale: Scale) -> Comparison {
    let rows = scale.bulk_rows;
    let variant = |name, rule: &str, proof: &str| {
        Variant {
        name,
        over: None,
        setup: format!("{DEALLOCATE}{TABLES}{FOUR}{rule}"),
        work: Work::statements(
            format!(
                "insert into token_usage (agent_id, agent_type, project_id, cost_usd)
                 select ('00000000-0000-0000-0000-' || lpad((i % 100 + 1)::text, 12, '0'))::uuid, 'coder',
                     ('00000000-0000-0000-0000-' || lpad((i % 100 + 1)::text, 12, '0'))::uuid, 0.0001
                 from generate_series(1, {rows}) as i"
            ),
            rows,
        ),
        restore: String::new(),
        proof: format!("select count(*) = {rows} and {proof} from token_usage"),
    }
    };
    Comparison {
        name: "budgets/bulk",
        about: format!("{rows} rows of usage in one INSERT ... SELECT, with four budgets"),
        ratios: vec![ratio("steward", "none", Goal::AtMost(2.0))],
        ..comparison(
            Unit::Time { of: "row" },
            vec![
                variant("none", "", "true"),
                variant("steward", METER, AGREES),
            ],
        )
    }
}

/// Sessions that insert a row a transaction, under one budget.
fn sessions(
    scale: Scale,
    name: &'static str,
    action: &str,
    rule: &str,
    proof: &str,
    level: IsolationLevel,
) -> Variant {
    let one = format!(
        "insert into budget_limits (name, scope_type, amount_usd, action_on_exceed) values ('all', 'global', 1e6, '{action}');"
    );
    Variant {
        name,
        over: None,
        setup: format!("{DEALLOCATE}{TABLES}{one}{rule}"),
        work: Work::Sessions {
            sessions: SESSIONS,
            lasting: scale.sessions_last,
            transaction: Box::new(move |_| spend(level)),
        },
        restore: String::new(),
        proof: format!("select count(*) > 8 and {proof} from token_usage"),
    }
}

fn spend(level: IsolationLevel) -> Transaction {
    let mut prepared = None;
    Box::new(move |client| {
        let statement = match prepared.clone() {
            Some(statement) => statement,
            None => prepared
                .insert(client.prepare(
                    "insert into token_usage (agent_id, agent_type, project_id, cost_usd)
                     values ('00000000-0000-0000-0000-000000000001', 'coder', '00000000-0000-0000-0000-000000000001', 0.0001)",
                )?)
                .clone(),
        };
        let mut transaction = client.build_transaction().isolation_level(level).start()?;
        transaction.execute(&statement, &[])?;
        transaction.commit()
    })
}

fn blocking(scale: Scale) -> Comparison {
    let (committed, repeatable) = (
        IsolationLevel::ReadCommitted,
        IsolationLevel::RepeatableRead,
    );
    Comparison {
        name: "budgets/sessions",
        about: format!(
            "{SESSIONS} sessions, each transaction a row of usage under one budget that blocks, and a durable commit; \
             against one counter row"
        ),
        durability: Durability::Durable,
        clock: Clock::Wall,
        ratios: vec![
            ratio("steward", "plpgsql", Goal::AtLeast(3.0)),
            ratio("steward_repeatable_read", "plpgsql", Goal::AtLeast(3.0)),
            Ratio {
                goal: None,
                ..ratio("steward", "none", Goal::AtLeast(0.0))
            },
        ],
        ..comparison(
            Unit::Throughput { of: "transaction" },
            vec![
                sessions(scale, "none", "block", "", "true", committed),
                sessions(scale, "steward", "block", METER, AGREES, committed),
                sessions(
                    scale,
                    "steward_repeatable_read",
                    "block",
                    METER,
                    AGREES,
                    repeatable,
                ),
                sessions(
                    scale,
                    "plpgsql",
                    "block",
                    BASELINE,
                    "sum(cost_usd) = (select amount from spent)",
                    committed,
                ),
            ],
        )
    }
}

fn warning(scale: Scale) -> Comparison {
    let committed = IsolationLevel::ReadCommitted;
    Comparison {
        name: "budgets/warning",
        about: format!(
            "{SESSIONS} sessions, each transaction a row of usage under one budget that warns, and a durable commit"
        ),
        durability: Durability::Durable,
        clock: Clock::Wall,
        ratios: vec![ratio("steward", "none", Goal::AtLeast(0.8))],
        ..comparison(
            Unit::Throughput { of: "transaction" },
            vec![
                sessions(scale, "none", "warn", "", "true", committed),
                sessions(scale, "steward", "warn", METER, AGREES, committed),
            ],
        )
    }
}

const fn ratio(of: &'static str, against: &'static str, goal: Goal) -> Ratio {
    Ratio {
        quantity: Quantity::Total,
        of,
        against,
        goal: Some(goal),
    }
}

fn comparison(unit: Unit, variants: Vec<Variant>) -> Comparison {
    Comparison {
        name: "",
        about: String::new(),
        durability: Durability::Relaxed,
        fixture: Fixture::Fresh,
        clock: Clock::Processor,
        unit,
        variants,
        ratios: Vec::new(),
        limits: Vec::new(),
        skipped: None,
    }
}
