//! Sessions that only append edges, among tasks that exist or are their own, do not wait for each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use steward_tests::{Database, tests};

use super::random::Random;

tests![
    appending_sessions_do_not_deadlock,
    another_scopes_ranks_are_not_waited_for,
    a_task_that_both_are_the_first_to_use,
];

const SESSIONS: u64 = 8;
const DURATION: Duration = Duration::from_secs(4);
/// The tasks that exist come into use a few at a time, so that several sessions are the first to use them.
const TASKS: u64 = 4;
const MILLISECONDS: u128 = 10;

fn appending_sessions_do_not_deadlock(database: &Database) {
    let mut owner = database.owner();
    owner.run(super::EDGES);
    owner.run("select steward.guard_dependencies('edges')");
    let (started, stop) = (Instant::now(), AtomicBool::new(false));
    let (transactions, errors) = thread::scope(|scope| {
        let sessions: Vec<_> = (0..SESSIONS)
            .map(|number| {
                let (mut session, stop) = (database.owner(), &stop);
                scope.spawn(move || {
                    let mut random = Random::seeded(number + 1);
                    let mut own = (number + 1) * 1_000_000;
                    let (mut transactions, mut errors) = (0_u64, Vec::new());
                    while !stop.load(Ordering::Relaxed) && errors.len() < 5 {
                        own += 2;
                        let recent = u64::try_from(started.elapsed().as_millis() / MILLISECONDS)
                            .unwrap_or_default();
                        let [one, two, three] =
                            [(); 3].map(|()| recent * TASKS + random.below(TASKS));
                        let end = if random.happens(90) {
                            "commit"
                        } else {
                            "rollback"
                        };
                        let transaction = format!(
                            "begin; insert into edges values ({own}, {one}), ({own}, {two});
                             insert into edges values ({own}, {three}), ({own}, {own} + 1); {end}"
                        );
                        match session.client().batch_execute(&transaction) {
                            Ok(()) => transactions += 1,
                            Err(error) => {
                                errors.push(error.to_string() + &format!("{:?}", error.code()));
                                session.run("rollback");
                            }
                        }
                    }
                    (transactions, errors)
                })
            })
            .collect();
        while started.elapsed() < DURATION {
            thread::sleep(Duration::from_millis(50));
        }
        stop.store(true, Ordering::Relaxed);
        sessions
            .into_iter()
            .map(|session| session.join().expect("a session's thread"))
            .fold((0, Vec::new()), |(count, mut all), (more, errors)| {
                all.extend(errors);
                (count + more, all)
            })
    });
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(transactions > 50, "{transactions} transactions");
    super::assert_ranks_agree(&mut owner);
}

fn another_scopes_ranks_are_not_waited_for(database: &Database) {
    let mut owner = database.owner();
    owner.run(super::EDGES);
    owner.run("select steward.guard_dependencies('edges', scope => 'scope')");
    owner.run("insert into edges values (1, 2, null, 1), (3, 1, null, 1), (11, 12, null, 2), (13, 11, null, 2); delete from edges where task_id in (3, 13)");
    // Both disagree with the ranks as they are.
    owner.run("begin; insert into edges values (1, 3, null, 1)");
    let mut other = database.owner();
    other.run(
        "set lock_timeout = '1s'; insert into edges values (11, 13, null, 2), (14, 15, null, 2)",
    );
    // The control: in the same scope there is something to wait for.
    assert_eq!(
        other.sqlstate("insert into edges values (4, 5, null, 1)"),
        "55P03"
    );
    owner.run("commit");
}

/// One appends an edge from a task, the other an edge to it, and nobody has used it before.
fn a_task_that_both_are_the_first_to_use(database: &Database) {
    let mut owner = database.owner();
    owner.run(super::EDGES);
    owner.run("select steward.guard_dependencies('edges')");
    let sessions: Vec<_> = [(10, "(1, 2)"), (20, "(2, 3)")]
        .map(|(own, edge)| {
            let mut session = database.owner();
            session.run(&format!(
                "begin; insert into edges values ({own}, {own} + 1);
                 set constraints all deferred; insert into edges values {edge}"
            ));
            session
        })
        .into_iter()
        .map(|session| session.start("commit"))
        .collect();
    for session in sessions {
        let (_, result) = session.finish();
        if let Err(refusal) = result {
            panic!("appending failed: {refusal}");
        }
    }
    super::assert_ranks_agree(&mut owner);
}
