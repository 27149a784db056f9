//! The guard goes and comes back while others write: nobody sees an error but those that are documented, and no
//! cycle is left behind.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use steward_tests::{Database, Refusal, Session, tests};

use super::random::Random;

tests![
    in_one_transaction_no_cycle_gets_in,
    in_two_transactions_what_is_no_cycle_is_ranked,
    the_control_gets_cycles_while_the_guard_is_away,
];

const SESSIONS: u64 = 6;
const DURATION: Duration = Duration::from_secs(3);
const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];

const ATTACH: &str = "select steward.guard_dependencies('edges')";
const DETACH: &str = "select steward.detach('edges', 'dependencies')";
const REPLACE: &str = "begin; select steward.detach('edges', 'dependencies');
    select steward.guard_dependencies('edges'); commit";

/// Which edges are added.
#[derive(Clone, Copy)]
enum Edges {
    /// Of any task to any other, so that many would close a cycle.
    Any,
    /// Of a task to one with a smaller number.
    Downwards,
}

/// A cycle, or the transaction has to be tried again.
fn is_documented(refusal: &Refusal) -> bool {
    ["23514", "40001", "40P01"].contains(&refusal.sqlstate())
}

/// Adds and removes edges until it is told to stop. Returns how many transactions were committed.
fn write(mut session: Session, seed: u64, edges: Edges, stop: &AtomicBool) -> u64 {
    const TASKS: u64 = 30;
    let mut random = Random::seeded(seed);
    let level = LEVELS[usize::try_from(seed).unwrap_or_default() % LEVELS.len()];
    let mut committed = 0;
    while !stop.load(Ordering::Relaxed) {
        let [one, two] = [(); 2].map(|()| random.below(TASKS));
        let (task, dependency) = match edges {
            Edges::Any => (one, two),
            Edges::Downwards => (one.max(two) + 1, one.min(two)),
        };
        let gone = random.below(TASKS);
        let transaction = format!(
            "begin isolation level {level};
             insert into edges values ({task}, {dependency});
             delete from edges where task_id = {gone} and depends_on = {dependency}; commit"
        );
        match session.try_run(&transaction) {
            Ok(()) => committed += 1,
            Err(refusal) => {
                assert!(is_documented(&refusal), "{level}: {refusal}");
                session.run("rollback");
            }
        }
    }
    committed
}

/// Runs `change` again and again beside the writers. Returns how many transactions they committed, and how often
/// it was done.
fn under_load(
    database: &Database,
    edges: Edges,
    mut change: impl FnMut(&mut Session),
) -> (u64, u64) {
    let _alone = super::alone();
    let mut owner = database.owner();
    owner.run(super::EDGES);
    owner.run(ATTACH);
    let (started, stop) = (Instant::now(), AtomicBool::new(false));
    thread::scope(|scope| {
        let writers: Vec<_> = (1..=SESSIONS)
            .map(|seed| {
                let (session, stop) = (database.owner(), &stop);
                scope.spawn(move || write(session, seed, edges, stop))
            })
            .collect();
        let mut changes = 0;
        while started.elapsed() < DURATION
            && !writers.iter().any(thread::ScopedJoinHandle::is_finished)
        {
            change(&mut owner);
            changes += 1;
            thread::sleep(Duration::from_millis(10));
        }
        stop.store(true, Ordering::Relaxed);
        let committed = writers
            .into_iter()
            .map(|writer| writer.join().expect("no other error than those documented"))
            .sum();
        (committed, changes)
    })
}

/// Until it is not the victim of a deadlock.
fn insist(owner: &mut Session, sql: &str) -> Result<(), Refusal> {
    loop {
        match owner.try_run(sql) {
            Err(refusal) if ["40001", "40P01"].contains(&refusal.sqlstate()) => {
                owner.run("rollback");
            }
            other => return other,
        }
    }
}

#[track_caller]
fn assert_clean(database: &Database) {
    let mut owner = database.owner();
    // An edge that relied on a rank which was then rolled back is unranked, and no harm.
    let harm = "select * from steward.verify_dependencies('edges') where problem <> 'unranked'";
    assert_eq!(owner.rows(harm), [""; 0]);
    insist(&mut owner, "select steward.rebuild_dependencies('edges')").expect("no cycle");
    let problems = owner.rows("select * from steward.verify_dependencies('edges')");
    assert!(problems.is_empty(), "{problems:#?}");
    let found = super::graph::cycle(&super::edges(&mut owner));
    assert_eq!(found, None);
    assert_eq!(owner.value("select count(*) from steward.attachments"), "1");
    let ranks = "select count(*) from pg_class where relname like 'edges_rank%' and relkind = 'r'";
    assert_eq!(owner.value(ranks), "1", "no side table is left over");
}

fn in_one_transaction_no_cycle_gets_in(database: &Database) {
    let (committed, changes) = under_load(database, Edges::Any, |owner| {
        insist(owner, REPLACE).expect("the edges hold no cycle");
    });
    assert!(committed > 100 && changes > 10, "{committed}, {changes}");
    assert_clean(database);
}

fn in_two_transactions_what_is_no_cycle_is_ranked(database: &Database) {
    let (committed, changes) = under_load(database, Edges::Downwards, |owner| {
        insist(owner, DETACH).expect("detached");
        insist(owner, ATTACH).expect("the edges hold no cycle");
    });
    assert!(committed > 100 && changes > 10, "{committed}, {changes}");
    assert_clean(database);
}

/// The writers would have made one, if nothing had kept them from it.
fn the_control_gets_cycles_while_the_guard_is_away(database: &Database) {
    let mut refused = 0;
    under_load(database, Edges::Any, |owner| {
        insist(owner, DETACH).expect("detached");
        thread::sleep(Duration::from_millis(50));
        if let Err(refusal) = insist(owner, ATTACH) {
            assert_eq!(refusal.sqlstate(), "23514", "{refusal}");
            refused += 1;
            owner.run("truncate edges");
            insist(owner, ATTACH).ok();
        }
    });
    assert!(refused > 0, "no cycle got in");
}
