//! `audit` against the trigger in PL/pgSQL that teams write, and the history of a row in a long log.

use crate::clock::Clock;
use crate::comparison::{
    Comparison, Durability, Fixture, Goal, Limit, Limited, Quantity, Ratio, Scale, Unit, Variant,
    Work,
};

const STEWARD: &str = "\
select steward.create_audit_log(current_schema || '.log');
select steward.audit('tasks', 'log');";
const BASELINE: &str = include_str!("../../baseline/audit.sql");

const PREPARE: &str = "\
deallocate all;
prepare start_task (bigint) as update tasks set status = 'in progress' where id = $1;";

/// The rule of a variant, how many of its records there are, and the bytes that they take.
struct Rule {
    name: &'static str,
    setup: &'static str,
    records: &'static str,
    bytes: &'static str,
}

const RULES: [Rule; 2] = [
    Rule {
        name: "steward",
        setup: STEWARD,
        records: "select count(*) from log \
                  where action = 'UPDATE' and after = '{\"status\": \"in progress\"}'",
        bytes: "select sum(pg_relation_size(relid))::bigint from pg_partition_tree('log') where isleaf",
    },
    Rule {
        name: "plpgsql",
        setup: BASELINE,
        records: "select count(*) from audit_log \
                  where action = 'UPDATE' and after ->> 'status' = 'in progress'",
        bytes: "select pg_relation_size('audit_log')",
    },
];

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    let (single, bulk) = (scale.single_rows, scale.bulk_rows);
    vec![
        overhead(
            "audit/single-row",
            format!("{single} updates of one column by primary key, prepared, in one transaction"),
            "update",
            single,
            || Work::executions("start_task", single),
        ),
        overhead(
            "audit/bulk",
            format!("one UPDATE of one column of {bulk} rows"),
            "row",
            bulk,
            || Work::statements("update tasks set status = 'in progress'", bulk),
        ),
        bytes(bulk),
        history(scale.logged_rows),
    ]
}

fn overhead(
    name: &'static str,
    about: String,
    of: &'static str,
    rows: u32,
    work: impl Fn() -> Work,
) -> Comparison {
    let mut variants = vec![Variant {
        name: "none",
        over: None,
        setup: format!("{}\n{PREPARE}", tasks(rows)),
        work: work(),
        restore: String::new(),
        proof: "select bool_and(status = 'in progress') from tasks".to_owned(),
    }];
    variants.extend(RULES.map(|rule| Variant {
        over: Some("none"),
        ..audited(&rule, rows, work())
    }));
    Comparison {
        name,
        about,
        durability: Durability::Relaxed,
        fixture: Fixture::Fresh,
        clock: Clock::Processor,
        unit: Unit::Time { of },
        variants,
        ratios: vec![half_of_plpgsql(Quantity::Overhead)],
        limits: Vec::new(),
        skipped: None,
    }
}

fn bytes(rows: u32) -> Comparison {
    let work = |rule: &Rule| Work::Storage {
        operations: rows,
        statements: "update tasks set status = 'in progress'".to_owned(),
        bytes: rule.bytes.to_owned(),
    };
    Comparison {
        name: "audit/bytes",
        about: format!("what one UPDATE of one column of {rows} rows adds to the log"),
        durability: Durability::Relaxed,
        fixture: Fixture::Fresh,
        clock: Clock::Wall,
        unit: Unit::Bytes { of: "update" },
        variants: RULES.map(|rule| audited(&rule, rows, work(&rule))).into(),
        ratios: vec![half_of_plpgsql(Quantity::Total)],
        limits: Vec::new(),
        skipped: None,
    }
}

const fn half_of_plpgsql(quantity: Quantity) -> Ratio {
    Ratio {
        quantity,
        of: "steward",
        against: "plpgsql",
        goal: Some(Goal::AtMost(0.5)),
    }
}

fn audited(rule: &Rule, rows: u32, work: Work) -> Variant {
    Variant {
        name: rule.name,
        over: None,
        setup: format!("{}\n{}\n{PREPARE}", tasks(rows), rule.setup),
        work,
        restore: String::new(),
        proof: format!("select ({}) = {rows}", rule.records),
    }
}

/// Each row was changed ten times, whatever the length of the log.
fn history(rows: u32) -> Comparison {
    const LOOK_UPS: u32 = 100;
    const SHORT: u32 = 10_000;
    let variant = |name, logged: u32| {
        let keys = logged / 10;
        let look_ups: Vec<_> = (1..=LOOK_UPS)
            .map(|number| {
                let key = u64::from(number) * u64::from(keys) / u64::from(LOOK_UPS + 1) + 1;
                format!("select * from steward.history('tasks', {key}::bigint)")
            })
            .collect();
        Variant {
            name,
            over: None,
            setup: format!("{}\n{STEWARD}\n{}", tasks(1), log_of(logged)),
            work: Work::statements(look_ups.join("; "), LOOK_UPS),
            restore: String::new(),
            proof: "select count(*) = 10 from steward.history('tasks', 7::bigint)".to_owned(),
        }
    };
    Comparison {
        name: "audit/history",
        about: format!("the history of one row, ten changes in a log of {SHORT} and of {rows}"),
        durability: Durability::Relaxed,
        fixture: Fixture::Kept,
        clock: Clock::Processor,
        unit: Unit::Time { of: "history" },
        variants: vec![variant("short", SHORT), variant("long", rows)],
        ratios: vec![Ratio {
            quantity: Quantity::Total,
            of: "long",
            against: "short",
            goal: None,
        }],
        limits: vec![Limit {
            of: "long",
            on: Limited::Seconds(0.005),
        }],
        skipped: None,
    }
}

/// Fills a log as the trigger would, but at once.
fn log_of(rows: u32) -> String {
    format!(
        "set session_replication_role = replica;
         insert into log
         select nextval('log_sequence_seq'), now(), pg_current_xact_id(), now(),
             steward.audit_key_hash(k.key), (select steward.audit_incarnation('log')), 'tasks'::regclass, 'tasks'::regclass, 'UPDATE',
             current_schema, 'tasks', k.key, '{{\"status\": \"todo\"}}', '{{\"status\": \"in progress\"}}',
             'user ' || i % 1000, 'app.current_user_id', 'application', 'application', 'bench'
         from generate_series(0, {rows} - 1) as i,
             lateral (select jsonb_build_object('id', i % ({rows} / 10) + 1) as key) as k;
         reset session_replication_role;"
    )
}

/// Tasks of twelve columns.
fn tasks(rows: u32) -> String {
    format!(
        "create table tasks (
            id bigint constraint tasks_pkey primary key,
            title text not null,
            description text,
            status text not null,
            priority integer not null,
            project_id bigint not null,
            assignee text,
            due date,
            estimate numeric,
            is_blocked boolean not null,
            created_at timestamptz not null,
            updated_at timestamptz not null
        ) with (fillfactor = 45);
        insert into tasks
        select id, 'Task number ' || id, 'What there is to do, and how one sees that it is done', 'todo',
            id % 4, id % 100, 'user ' || id % 50, date '2026-01-01' + (id % 300)::integer, id * 1.5, false,
            timestamptz '2026-01-01 12:00:00+00', timestamptz '2026-01-01 12:00:00+00'
        from generate_series(1, {rows}) as id;"
    )
}
