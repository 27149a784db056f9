//! `track_updated_at` against contrib's moddatetime, which is written in C, and against PL/pgSQL.

use crate::clock::Clock;
use crate::comparison::{
    Comparison, Durability, Fixture, Goal, Quantity, Ratio, Scale, Unit, Variant, Work,
};
use crate::sessions::Transaction;

const BASELINE: &str = include_str!("../../baseline/updated_at.sql");
const BASELINE_CHANGES: &str = include_str!("../../baseline/updated_at_only_changes.sql");
const BASELINE_CHANGES_WHEN: &str = include_str!("../../baseline/updated_at_only_changes_when.sql");

const STEWARD: &str = "select steward.track_updated_at('tasks');";
const STEWARD_CHANGES: &str = "select steward.track_updated_at('tasks', only_changes => true);";
const MODDATETIME: &str = "\
create extension if not exists moddatetime schema public;
create trigger tasks_updated_at before update on tasks
    for each row execute function moddatetime(updated_at);";
const MODDATETIME_CHANGES: &str = "\
create extension if not exists moddatetime schema public;
create trigger tasks_updated_at before update on tasks
    for each row when (old.* is distinct from new.*) execute function moddatetime(updated_at);";

const PREPARE: &str = "\
deallocate all;
prepare rename_task (bigint) as update tasks set title = 'changed' where id = $1;";

const ALL_STAMPED: &str = "select bool_and(updated_at > created_at) from tasks";
const CHANGES_STAMPED: &str =
    "select bool_and((updated_at > created_at) = (id % 2 = 0)) from tasks";
const SOME_STAMPED: &str = "select bool_or(updated_at > created_at) from tasks";

const SESSIONS: u32 = 8;
const ROWS_OF_A_SESSION: u32 = 1_000;

pub(super) fn comparisons(scale: Scale) -> Vec<Comparison> {
    vec![
        single_row_updates(scale),
        bulk_update(scale),
        bulk_update_of_changes(scale),
        sessions(scale),
    ]
}

fn single_row_updates(scale: Scale) -> Comparison {
    let rows = scale.single_rows;
    Comparison {
        name: "timestamps/single-row",
        about: format!("{rows} updates by primary key, prepared, in one transaction"),
        durability: Durability::Relaxed,
        fixture: Fixture::Fresh,
        clock: Clock::Processor,
        unit: Unit::Time { of: "update" },
        variants: stamping(rows, || Work::executions("rename_task", rows)),
        ratios: stamping_ratios(),
        limits: Vec::new(),
        skipped: None,
    }
}

fn bulk_update(scale: Scale) -> Comparison {
    let rows = scale.bulk_rows;
    Comparison {
        name: "timestamps/bulk",
        about: format!("one UPDATE of {rows} rows"),
        durability: Durability::Relaxed,
        fixture: Fixture::Fresh,
        clock: Clock::Processor,
        unit: Unit::Time { of: "row" },
        variants: stamping(rows, || {
            Work::statements("update tasks set title = 'changed'", rows)
        }),
        ratios: stamping_ratios(),
        limits: Vec::new(),
        skipped: None,
    }
}

fn bulk_update_of_changes(scale: Scale) -> Comparison {
    let rows = scale.bulk_rows;
    let variants = [
        ("none", ""),
        ("steward", STEWARD_CHANGES),
        ("moddatetime_when", MODDATETIME_CHANGES),
        ("plpgsql_if", BASELINE_CHANGES),
        ("plpgsql_when", BASELINE_CHANGES_WHEN),
    ];
    let half = "update tasks set title = case when id % 2 = 0 then 'changed' else title end";
    Comparison {
        name: "timestamps/only-changes",
        about: format!("one UPDATE of {rows} rows that changes every second one"),
        durability: Durability::Relaxed,
        fixture: Fixture::Fresh,
        clock: Clock::Processor,
        unit: Unit::Time { of: "row" },
        variants: variants
            .map(|(name, rule)| {
                variant(
                    name,
                    rows,
                    rule,
                    Work::statements(half, rows),
                    CHANGES_STAMPED,
                )
            })
            .into(),
        ratios: vec![
            overhead_ratio("plpgsql_when", Some(Goal::AtMost(1.0))),
            overhead_ratio("plpgsql_if", None),
            overhead_ratio("moddatetime_when", None),
        ],
        limits: Vec::new(),
        skipped: None,
    }
}

fn sessions(scale: Scale) -> Comparison {
    let work = || Work::Sessions {
        sessions: SESSIONS,
        lasting: scale.sessions_last,
        transaction: Box::new(update_own_rows),
    };
    let variants = [("none", ""), ("steward", STEWARD)];
    Comparison {
        name: "timestamps/sessions",
        about: format!("{SESSIONS} sessions, each transaction one update and a durable commit"),
        durability: Durability::Durable,
        fixture: Fixture::Kept,
        clock: Clock::Wall,
        unit: Unit::Throughput { of: "transaction" },
        variants: variants
            .map(|(name, rule)| Variant {
                over: None,
                ..variant(
                    name,
                    SESSIONS * ROWS_OF_A_SESSION,
                    rule,
                    work(),
                    SOME_STAMPED,
                )
            })
            .into(),
        ratios: vec![Ratio {
            quantity: Quantity::Total,
            of: "steward",
            against: "none",
            goal: Some(Goal::AtLeast(0.9)),
        }],
        limits: Vec::new(),
        skipped: None,
    }
}

/// The variants that stamp every row.
fn stamping(rows: u32, work: impl Fn() -> Work) -> Vec<Variant> {
    [
        ("none", ""),
        ("steward", STEWARD),
        ("moddatetime", MODDATETIME),
        ("plpgsql", BASELINE),
    ]
    .map(|(name, rule)| variant(name, rows, rule, work(), ALL_STAMPED))
    .into()
}

fn stamping_ratios() -> Vec<Ratio> {
    vec![
        overhead_ratio("moddatetime", Some(Goal::AtMost(1.0))),
        overhead_ratio("plpgsql", None),
    ]
}

fn overhead_ratio(against: &'static str, goal: Option<Goal>) -> Ratio {
    Ratio {
        quantity: Quantity::Overhead,
        of: "steward",
        against,
        goal,
    }
}

fn variant(name: &'static str, rows: u32, rule: &str, work: Work, stamped: &str) -> Variant {
    let ruled = name != "none";
    Variant {
        name,
        over: ruled.then_some("none"),
        setup: format!("{}\n{rule}\n{PREPARE}", tasks(rows)),
        work,
        restore: String::new(),
        proof: if ruled {
            stamped.to_owned()
        } else {
            format!("select not ({stamped})")
        },
    }
}

/// Each page has room for the new version of each of its rows, so that neither the growth of the table
/// nor its index is measured.
fn tasks(rows: u32) -> String {
    format!(
        "create table tasks (
            id bigint constraint tasks_pkey primary key,
            title text not null,
            status text not null,
            priority integer not null,
            created_at timestamptz not null default now(),
            updated_at timestamptz not null default now()
        ) with (fillfactor = 45);
        insert into tasks (id, title, status, priority)
        select id, 'Task number ' || id, 'open', id % 5 from generate_series(1, {rows}) as id;"
    )
}

/// The sessions never wait for each other's rows.
fn update_own_rows(session: u32) -> Transaction {
    let first = i64::from(session * ROWS_OF_A_SESSION);
    let mut prepared = None;
    let mut turn = 0;
    Box::new(move |client| {
        let update = match &prepared {
            Some(update) => update,
            None => prepared
                .insert(client.prepare("update tasks set priority = priority + 1 where id = $1")?),
        };
        turn = turn % i64::from(ROWS_OF_A_SESSION) + 1;
        client.execute(update, &[&(first + turn)])?;
        Ok(())
    })
}
