//! Long chains, many layers, and a search that is cancelled.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use steward_tests::{Database, Session, tests};

use super::{EDGES, GUARD, assert_ranks_agree, owner_of_guarded_edges, path_of};

tests![
    a_chain_of_a_hundred_thousand_tasks,
    a_diamond_of_thirty_layers,
    a_long_search_can_be_cancelled,
    others_make_tables_all_the_time,
    questions_about_many_tasks_can_be_cancelled,
];

fn owner_of_chain(database: &Database, length: u32) -> Session {
    let mut owner = database.owner();
    owner.run(EDGES);
    owner.run(&format!(
        "insert into edges select i + 1, i from generate_series(1, {length}) as i; analyze edges"
    ));
    owner.run(GUARD);
    owner
}

fn a_chain_of_a_hundred_thousand_tasks(database: &Database) {
    let mut owner = owner_of_chain(database, 100_000);
    let path = path_of(&owner.refusal("insert into edges values (1, 100001)"));
    assert!(path.starts_with("1 -> 100001 -> 100000 -> "), "{path}");
    assert!(
        path.ends_with(" -> 3 -> 2 -> 1") && path.contains(" more) ...") && path.len() < 1000,
        "{path}"
    );
    owner.run("insert into edges values (200001, 100001), (1, 0)");
    // The last task of one chain becomes what the first of another waits for, the other way round.
    owner.run("insert into edges select i + 1, i from generate_series(300000, 301000) as i");
    owner.run("insert into edges values (1, 301001)");
    assert_ranks_agree(&mut owner);
}

fn a_diamond_of_thirty_layers(database: &Database) {
    let mut owner = owner_of_guarded_edges(database);
    owner.run(
        "insert into edges select layer * 100 + a, (layer + 1) * 100 + b
         from generate_series(1, 30) as layer, generate_series(1, 5) as a, generate_series(1, 5) as b",
    );
    let started = Instant::now();
    let path = path_of(&owner.refusal("insert into edges values (3101, 101)"));
    assert_eq!(path.matches(" -> ").count(), 31, "{path}");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "nodes are walked, not paths"
    );
    assert_ranks_agree(&mut owner);
}

fn a_long_search_can_be_cancelled(database: &Database) {
    let mut owner = owner_of_chain(database, 200_000);
    owner.run("set statement_timeout = '150ms'");
    let started = Instant::now();
    assert_eq!(
        owner.sqlstate("insert into edges values (1, 200001)"),
        "57014"
    );
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    // Nothing is left behind by it.
    owner.run("reset statement_timeout; insert into edges values (200002, 200001)");
    assert_ranks_agree(&mut owner);
}

/// Whatever is made elsewhere in the database does not keep a session from working out what it guards.
fn others_make_tables_all_the_time(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table edges (task_id integer, depends_on integer, part integer) partition by list (part);
         create index on edges (task_id); create index on edges (depends_on)",
    );
    for part in 1..=100 {
        owner.run(&format!(
            "create table edges_{part} partition of edges for values in ({part})"
        ));
    }
    owner.run(GUARD);
    let stop = AtomicBool::new(false);
    let result = thread::scope(|scope| {
        for _ in 0..2 {
            let (mut other, stop) = (database.owner(), &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    other.run("create temporary table temporary (a integer); drop table temporary");
                }
            });
        }
        let mut fresh = database.owner();
        let result =
            fresh.try_run("set statement_timeout = '10s'; insert into edges values (1, 2, 1)");
        stop.store(true, Ordering::Relaxed);
        result
    });
    if let Err(refusal) = result {
        panic!("a single edge took more than ten seconds: {refusal}");
    }
}

/// Also while they hand over their rows.
fn questions_about_many_tasks_can_be_cancelled(database: &Database) {
    let mut owner = owner_of_chain(database, 300_000);
    for question in ["topological_order", "critical_path"] {
        let query = format!("select count(*) from steward.{question}('edges')");
        let started = Instant::now();
        owner.run(&query);
        let whole = started.elapsed();
        for tenths in 2..9 {
            let until = whole * tenths / 10;
            owner.run(&format!("set statement_timeout = {}", until.as_millis()));
            let started = Instant::now();
            let result = owner.try_run(&query);
            let late = started.elapsed().saturating_sub(until);
            assert!(
                late < Duration::from_secs(1) || result.is_ok(),
                "{question} takes {whole:?}, and went on for {late:?} after it was cancelled at {until:?}"
            );
        }
        // On a busy machine the time may run out for this statement too.
        while owner.try_run("set statement_timeout = 0").is_err() {}
    }
}
