//! Sixteen sessions at the boundary of overlapping budgets, at all levels of isolation, with rollbacks, savepoints,
//! cancelled statements and reservations, while another one adds up what is committed.
//!
//! The same test has to catch the mutants in `tests/mutants/budgets`: rules that get it wrong in the ways that people
//! get it wrong. A test that lets them pass would prove nothing.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use steward_tests::{Database, Session, tests};

use super::{A, HUB, METER, P, Q, assert_counters_agree, budget};
use crate::churn::random::Random;

tests![
    no_limit_is_ever_passed,
    the_control_with_one_counter_is_right,
    a_mutant_that_checks_then_adds,
    a_mutant_with_an_ordinary_read,
    a_mutant_that_loses_a_slot,
];

const SESSIONS: u64 = 16;
/// How long a mutant may go unnoticed.
const MUTANT: Duration = Duration::from_mins(1);
const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];

/// One test of this kind at a time: each wants the machine for itself.
static ALONE: Mutex<()> = Mutex::new(());

/// How long the rule is tried: `STEWARD_CHURN_SECONDS`, or what fits into every run.
fn duration() -> Duration {
    let seconds = std::env::var("STEWARD_CHURN_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(10))
}

/// What is committed beyond a limit that blocks, in cents, as one snapshot has it.
const OVERSPENT: &str = "
    select name, spent from budget_limits, lateral (
        select sum(cost_usd) as spent from token_usage as u
        where scope_type = 'global' or u.project_id = scope_id and scope_type = 'project' or u.agent_type = scope_agent_type
    ) as u where action_on_exceed = 'block' and spent > amount_usd";

/// What keeps the limits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Ours,
    /// One that makes no reservations, and may fail in any way.
    Mutant,
}

struct Worker<'run> {
    session: Session,
    random: Random,
    rule: Rule,
    stop: &'run AtomicBool,
}

#[derive(Default, Debug)]
struct Count {
    committed: u64,
    refused: u64,
    retried: u64,
    deadlocks: u64,
    cancelled: u64,
    reserved: u64,
}

impl Worker<'_> {
    fn run(mut self) -> Count {
        let mut count = Count::default();
        while !self.stop.load(Ordering::Relaxed) {
            self.transaction(&mut count);
        }
        count
    }

    fn transaction(&mut self, count: &mut Count) {
        let level = LEVELS[usize::try_from(self.random.below(3)).expect("small")];
        let mut statements = vec![format!("begin isolation level {level}")];
        for _ in 0..=self.random.below(3) {
            let work = self.work();
            if self.random.happens(20) {
                statements.push(format!("savepoint s; {work}; rollback to s"));
            }
            statements.push(work);
        }
        statements.push(
            if self.random.happens(15) {
                "rollback"
            } else {
                "commit"
            }
            .to_owned(),
        );
        for statement in statements {
            let Err(refusal) = self.session.try_run(&statement) else {
                continue;
            };
            match refusal.sqlstate() {
                "23514" => count.refused += 1,
                "40001" => count.retried += 1,
                "40P01" => count.deadlocks += 1,
                "57014" => count.cancelled += 1,
                "XX000" | "55000" if self.rule == Rule::Mutant => count.retried += 1,
                _ => panic!("{refusal}\nin: {statement}"),
            }
            self.session.run("rollback");
            return;
        }
        count.committed += 1;
        if self.rule == Rule::Ours && self.random.happens(20) {
            self.reservation(count);
        }
    }

    fn work(&mut self) -> String {
        let project = if self.random.happens(50) { P } else { Q };
        let agent =
            ["null", "'coder'", "'tester'"][usize::try_from(self.random.below(3)).expect("small")];
        let cost = self.random.below(40) + 1;
        let row = |cost: u64| format!("('{project}', '{A}', {agent}, {cost} / 100.0)");
        match self.random.below(100) {
            0..60 => format!(
                "insert into token_usage (project_id, agent_id, agent_type, cost_usd) values {}",
                row(cost)
            ),
            60..70 => format!(
                "insert into token_usage (project_id, agent_id, agent_type, cost_usd) values {}, {}",
                row(cost),
                row(1).replace(project, if project == P { Q } else { P })
            ),
            70..80 => format!(
                "update token_usage set cost_usd = {cost} / 100.0 where id = (select id from token_usage offset {} limit 1 for update skip locked)",
                self.random.below(20)
            ),
            80..97 => format!(
                "delete from token_usage where id in (select id from token_usage offset {} limit 2 for update skip locked)",
                self.random.below(20)
            ),
            _ => format!(
                "set local statement_timeout = '{}ms'; insert into token_usage (project_id, cost_usd) values ('{project}', 0.01);
                 select pg_sleep(0.002); set local statement_timeout = '60s'",
                1 + self.random.below(3)
            ),
        }
    }

    /// Reserves, and does with it what callers do.
    fn reservation(&mut self, count: &mut Count) {
        let amount = self.random.below(60) + 1;
        let ttl = if self.random.happens(30) {
            "5 ms"
        } else {
            "1 minute"
        };
        let reserve = format!(
            "select reservation from steward.reserve('budget_limits', '{{\"project\": \"{P}\"}}', {amount} / 100.0, '{ttl}') where verdict = 'granted'"
        );
        let Ok(rows) = self.session.client().simple_query(&reserve) else {
            count.retried += 1;
            return;
        };
        let reservation = rows.iter().find_map(|message| match message {
            postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        let Some(reservation) = reservation else {
            return;
        };
        count.reserved += 1;
        for statement in [
            format!(
                "insert into token_usage (project_id, cost_usd, reservation) values ('{P}', {} / 100.0, '{reservation}')",
                amount / 2 + 1
            ),
            format!("select steward.settle('{reservation}', 'budget_limits')"),
        ] {
            while let Err(refusal) = self.session.try_run(&statement) {
                match refusal.sqlstate() {
                    "40001" | "40P01" => count.retried += 1,
                    "23514" => break,
                    _ => panic!("{refusal}\nin: {statement}"),
                }
            }
        }
    }
}

/// What was found wrong, if anything, and what was done until then.
struct Outcome {
    wrong: Option<String>,
    samples: u64,
    count: Count,
}

fn run(database: &Database, at_most: Duration, rule: Rule, checks: &[&str]) -> Outcome {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (started, stop) = (Instant::now(), AtomicBool::new(false));
    let mut observer = database.owner();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..SESSIONS)
            .map(|number| {
                let worker = Worker {
                    session: database.owner(),
                    random: Random::seeded(number + 1),
                    rule,
                    stop: &stop,
                };
                scope.spawn(move || worker.run())
            })
            .collect();
        let (mut wrong, mut samples) = (None, 0);
        while wrong.is_none()
            && started.elapsed() < at_most
            && !workers.iter().any(thread::ScopedJoinHandle::is_finished)
        {
            wrong = checks
                .iter()
                .find_map(|check| observer.rows(check).into_iter().next());
            samples += 1;
        }
        stop.store(true, Ordering::Relaxed);
        let mut count = Count::default();
        for worker in workers {
            let done = worker.join().expect("a session");
            count.committed += done.committed;
            count.refused += done.refused;
            count.retried += done.retried;
            count.deadlocks += done.deadlocks;
            count.cancelled += done.cancelled;
            count.reserved += done.reserved;
        }
        let wrong = wrong.or_else(|| {
            checks
                .iter()
                .find_map(|check| observer.rows(check).into_iter().next())
        });
        Outcome {
            wrong,
            samples,
            count,
        }
    })
}

fn budgets(owner: &mut Session) {
    owner.run(HUB);
    budget(owner, "all", "global", "3", "block");
    budget(owner, "P", &format!("project {P}"), "2", "block");
    budget(owner, "Q", &format!("project {Q}"), "2", "block");
    budget(owner, "coder", "agent_type coder", "1.5", "block");
    budget(owner, "A", &format!("agent {A}"), "2", "warn");
}

const VERIFY: &str = "select problem, budget, detail from steward.verify_budgets('budget_limits')";

fn no_limit_is_ever_passed(database: &Database) {
    let mut owner = database.owner();
    budgets(&mut owner);
    owner.run(METER);
    let outcome = run(database, duration(), Rule::Ours, &[OVERSPENT, VERIFY]);
    assert_eq!(outcome.wrong, None, "{:?}", outcome.count);
    let count = &outcome.count;
    println!("ours: {count:?}");
    assert!(outcome.samples > 5, "{} samples", outcome.samples);
    assert!(
        count.committed > 60 && count.refused > 20 && count.reserved > 2,
        "{count:?}"
    );
    assert_counters_agree(&mut owner);
    // Nothing of what fits is refused: neither is a cent lost.
    owner.run("select steward.release(reservation, 'budget_limits') from budget_limits_reservations where state = 'open'");
    let left: Vec<f64> = owner
        .rows("select remaining from steward.budget_status('budget_limits') where name in ('all', 'P')")
        .iter()
        .map(|left| left.parse().expect("a number"))
        .collect();
    let left = left.into_iter().fold(f64::MAX, f64::min);
    owner.refusal(&format!(
        "insert into token_usage (project_id, cost_usd) values ('{P}', {left} + 0.000001)"
    ));
    owner.run(&format!(
        "insert into token_usage (project_id, cost_usd) values ('{P}', {left})"
    ));
    // Alerts: what is due has been told after a sweep, each once.
    owner.run("select steward.sweep_budgets('budget_limits')");
    assert_eq!(
        owner.rows("select details ->> 'name', severity, count(*) from told group by 1, 2 having count(*) > 1"),
        [""; 0]
    );
    assert_eq!(
        owner.value("select count(*) from told"),
        owner.value("select count(*) from budget_limits_alerts")
    );
    assert_eq!(
        owner.rows(
            "select name from steward.budget_status('budget_limits') as s
             where spent >= 0.8 * budget_limit and not exists (select from told where details ->> 'name' = s.name and severity = 'warning')
                or spent > budget_limit and not exists (select from told where details ->> 'name' = s.name and severity = 'critical')"
        ),
        [""; 0]
    );
}

fn mutant(database: &Database, name: &str) -> Outcome {
    let mut owner = database.owner();
    budgets(&mut owner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("mutants/budgets")
        .join(name);
    owner.run(&fs::read_to_string(path).expect("the mutant"));
    run(database, MUTANT, Rule::Mutant, &[OVERSPENT])
}

/// The same test on a rule that is slow, and right at READ COMMITTED: a lock on the budget's own row, then an update.
fn the_control_with_one_counter_is_right(database: &Database) {
    let mut owner = database.owner();
    budgets(&mut owner);
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("mutants/budgets/control_one_counter.sql");
    owner.run(&fs::read_to_string(path).expect("the control"));
    let outcome = run(database, Duration::from_secs(5), Rule::Mutant, &[OVERSPENT]);
    assert_eq!(outcome.wrong, None, "{:?}", outcome.count);
    assert!(outcome.count.committed > 50, "{:?}", outcome.count);
    println!("control: {:?}", outcome.count);
}

#[track_caller]
fn assert_caught(outcome: &Outcome) {
    assert!(
        outcome.wrong.is_some(),
        "not noticed in {} samples, {:?}",
        outcome.samples,
        outcome.count
    );
}

fn a_mutant_that_checks_then_adds(database: &Database) {
    assert_caught(&mutant(database, "check_then_add.sql"));
}

fn a_mutant_with_an_ordinary_read(database: &Database) {
    assert_caught(&mutant(database, "ordinary_read.sql"));
}

/// Ours, but for a slot that goes missing now and then with what it has spent.
fn a_mutant_that_loses_a_slot(database: &Database) {
    let mut owner = database.owner();
    budgets(&mut owner);
    owner.run(METER);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("mutants/budgets/lost_slot.sql");
    owner.run(&fs::read_to_string(path).expect("the mutant"));
    let outcome = run(database, MUTANT, Rule::Mutant, &[OVERSPENT]);
    assert_caught(&outcome);
    assert!(
        !owner.rows(VERIFY).is_empty(),
        "verify_budgets finds it too"
    );
}
