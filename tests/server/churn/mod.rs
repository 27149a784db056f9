//! Many sessions adding and removing edges among few tasks, at all levels of isolation, while another one looks for
//! cycles all the time.
//!
//! The same test has to catch the mutants in `tests/mutants`: triggers that get it wrong in the ways that people get it
//! wrong. A test that lets them pass would prove nothing.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use steward_tests::{Database, Refusal, Session, tests};

use self::random::Random;
use self::workload::{Count, Level, Worker};

mod appending;
mod detaching;
mod graph;
pub(crate) mod random;
mod workload;

pub(crate) use appending::tests as appending_tests;
pub(crate) use detaching::tests as detaching_tests;

tests![
    no_cycle_is_ever_committed,
    nor_with_scopes,
    nor_while_the_tables_are_maintained,
    the_control_is_right,
    a_mutant_without_a_lock,
    a_mutant_with_an_ordinary_read,
    a_mutant_with_a_stale_snapshot,
    a_mutant_that_locks_the_ends_only,
    a_mutant_that_needs_everyone_serializable,
    a_mutant_that_forgets_updates,
];

const SESSIONS: usize = 12;
/// How long a mutant may go unnoticed.
const MUTANT: Duration = Duration::from_mins(1);

const EDGES: &str = "
    create table edges (task_id bigint not null, depends_on bigint not null, note text, scope integer);
    create index on edges (task_id);
    create index on edges (depends_on)";

/// One test of this kind at a time: each wants the machine for itself.
static ALONE: Mutex<()> = Mutex::new(());

pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long the guard is tried: `STEWARD_CHURN_SECONDS`, or what fits into every run.
fn duration() -> Duration {
    let seconds = std::env::var("STEWARD_CHURN_SECONDS")
        .ok()
        .and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(8))
}

/// What a run came to.
struct Outcome {
    /// What was left of a snapshot's edges when everything that is no cycle was taken away.
    cycle: Option<Vec<i64>>,
    samples: u64,
    count: Count,
    wrong: Vec<Refusal>,
    lasted: Duration,
}

fn churn(database: &Database, levels: &[Level], scoped: bool, at_most: Duration) -> Outcome {
    let _alone = alone();
    let (started, stop) = (Instant::now(), AtomicBool::new(false));
    let mut observer = database.owner();
    thread::scope(|scope| {
        let workers: Vec<_> = (0..SESSIONS)
            .map(|number| {
                let worker = Worker {
                    session: database.owner(),
                    random: Random::seeded(number as u64 + 1),
                    level: levels[number % levels.len()],
                    scoped,
                    started,
                    stop: &stop,
                    count: Count::default(),
                };
                scope.spawn(move || worker.run())
            })
            .collect();
        let (mut samples, mut cycle) = (0, None);
        while cycle.is_none()
            && started.elapsed() < at_most
            && !workers.iter().any(thread::ScopedJoinHandle::is_finished)
        {
            cycle = graph::cycle(&edges(&mut observer));
            samples += 1;
        }
        stop.store(true, Ordering::Relaxed);
        let (mut count, mut wrong) = (Count::default(), Vec::new());
        for worker in workers {
            match worker.join().expect("a session's thread") {
                Ok(counted) => count.add(counted),
                Err(refusal) => wrong.push(refusal),
            }
        }
        Outcome {
            cycle: cycle.or_else(|| graph::cycle(&edges(&mut observer))),
            samples,
            count,
            wrong,
            lasted: started.elapsed(),
        }
    })
}

impl Count {
    fn add(&mut self, other: Self) {
        self.committed += other.committed;
        self.cycles_refused += other.cycles_refused;
        self.to_be_retried += other.to_be_retried;
    }
}

fn edges(session: &mut Session) -> Vec<(i64, i64)> {
    let rows = session
        .client()
        .query("select task_id, depends_on from edges", &[])
        .expect("the edges");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

const ALL_LEVELS: [Level; 4] = [
    Level::ReadCommitted,
    Level::RepeatableRead,
    Level::Serializable,
    Level::Mixed,
];

fn no_cycle_is_ever_committed(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run("select steward.guard_dependencies('edges')");
    let outcome = churn(database, &ALL_LEVELS, false, duration());
    assert_holds(&outcome);
    assert_ranks_agree(&mut owner);
}

fn nor_with_scopes(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run("select steward.guard_dependencies('edges', scope => 'scope')");
    let outcome = churn(database, &ALL_LEVELS, true, duration());
    assert_holds(&outcome);
    assert_ranks_agree(&mut owner);
    let in_two_scopes = owner.rows(
        "select node, array_agg(distinct scope) from edges, unnest(array[task_id, depends_on]) as node
         group by node having count(distinct scope) > 1",
    );
    assert!(in_two_scopes.is_empty(), "{in_two_scopes:?}");
}

/// What an owner may do to the tables at any time.
const MAINTENANCE: [&str; 12] = [
    "select steward.rebuild_dependencies('edges')",
    "vacuum full edges_rank",
    "reindex table concurrently edges_rank",
    "cluster edges using edges_task_id_idx",
    "drop index edges_depends_on_idx",
    "vacuum (full, freeze) edges",
    "create index edges_depends_on_idx on edges (depends_on)",
    "reindex table concurrently edges",
    "alter table edges alter note type varchar using note",
    "alter table edges_rank set (fillfactor = 50)",
    "begin; alter table edges alter note type text using note; insert into edges values (7, 8); delete from edges where task_id = 7; commit",
    "vacuum (analyze, freeze) edges_rank",
];

fn nor_while_the_tables_are_maintained(database: &Database) {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run("select steward.guard_dependencies('edges')");
    let stop = AtomicBool::new(false);
    let outcome = thread::scope(|scope| {
        let (mut maintainer, stop) = (database.owner(), &stop);
        scope.spawn(move || {
            for statement in MAINTENANCE.iter().cycle() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                if let Err(refusal) = maintainer.try_run(statement) {
                    let _ = maintainer.try_run("rollback");
                    let expected = ["40P01", "40001", "23514"].contains(&refusal.sqlstate());
                    assert!(expected, "{refusal}\nin: {statement}");
                }
                thread::sleep(Duration::from_millis(30));
            }
        });
        let outcome = churn(database, &ALL_LEVELS, false, duration());
        stop.store(true, Ordering::Relaxed);
        outcome
    });
    assert_holds(&outcome);
    assert_ranks_agree(&mut owner);
}

#[track_caller]
fn assert_holds(outcome: &Outcome) {
    let Outcome {
        cycle,
        samples,
        count,
        wrong,
        lasted,
    } = outcome;
    let wrong: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "errors that must not be: {wrong:#?}");
    assert_eq!(
        *cycle, None,
        "a cycle was committed after {lasted:?}, {count:?}"
    );
    // A run in which nothing was tried proves nothing.
    assert!(
        *samples > 20 && count.committed > 100 && count.cycles_refused > 20,
        "{samples} samples, {count:?}"
    );
    eprintln!("churn: {samples} samples without a cycle in {lasted:.1?}, {count:?}");
}

#[track_caller]
fn assert_ranks_agree(session: &mut Session) {
    // A task whose rank was taken back by its maker has none until it is used again.
    let broken = session.rows(
        "select task_id, depends_on, t.rank, d.rank from edges
         join edges_rank as t on t.node = task_id join edges_rank as d on d.node = depends_on
         where d.rank >= t.rank
         union all
         select null, null, rank, count(*) from edges_rank group by rank having count(*) > 1",
    );
    assert!(broken.is_empty(), "ranks that disagree: {broken:#?}");
}

fn mutant(database: &Database, name: &str, levels: &[Level], at_most: Duration) -> Outcome {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("mutants")
        .join(name);
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run(&fs::read_to_string(file).expect("a mutant"));
    let outcome = churn(database, levels, false, at_most);
    let wrong: Vec<String> = outcome.wrong.iter().map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "errors that must not be: {wrong:#?}");
    outcome
}

#[track_caller]
fn assert_is_caught(database: &Database, name: &str, levels: &[Level]) {
    let outcome = mutant(database, name, levels, MUTANT);
    assert!(
        outcome.cycle.is_some(),
        "{name} was not caught in {} samples, {:?}",
        outcome.samples,
        outcome.count
    );
    eprintln!("churn: {name} was caught after {:.1?}", outcome.lasted);
}

/// What the test calls a cycle is one: a trigger that is right passes.
fn the_control_is_right(database: &Database) {
    let outcome = mutant(
        database,
        "ordinary_read.sql",
        &[Level::ReadCommitted],
        Duration::from_secs(4),
    );
    assert_holds(&outcome);
}

fn a_mutant_without_a_lock(database: &Database) {
    assert_is_caught(database, "no_lock.sql", &ALL_LEVELS);
}

fn a_mutant_with_an_ordinary_read(database: &Database) {
    assert_is_caught(database, "ordinary_read.sql", &[Level::RepeatableRead]);
}

fn a_mutant_with_a_stale_snapshot(database: &Database) {
    assert_is_caught(database, "stale_snapshot.sql", &[Level::ReadCommitted]);
}

fn a_mutant_that_locks_the_ends_only(database: &Database) {
    assert_is_caught(database, "lock_of_one_task.sql", &[Level::ReadCommitted]);
}

fn a_mutant_that_needs_everyone_serializable(database: &Database) {
    let mostly = [
        Level::Serializable,
        Level::Serializable,
        Level::ReadCommitted,
    ];
    assert_is_caught(database, "serializable_only.sql", &mostly);
}

fn a_mutant_that_forgets_updates(database: &Database) {
    assert_is_caught(database, "insert_only.sql", &[Level::ReadCommitted]);
}
