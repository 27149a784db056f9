//! Recording a million rows takes no more memory than recording one.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use steward_tests::{Database, Session, tests};

use super::{count, owner_with_log};

tests![a_million_rows];

const ROWS: usize = 1_000_000;
/// What recording may take beyond the queue of triggers, in kilobytes.
const LIMIT: usize = 16 * 1024;

/// The memory of a process that is its own, in kilobytes: without the buffers that all share.
fn own_memory(process: i32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status
        .lines()
        .find(|line| line.starts_with("RssAnon:"))
        .expect("its memory");
    let kilobytes = line.split_whitespace().nth(1).expect("a number");
    kilobytes.parse().expect("a number")
}

/// The most that the session takes while it runs the statement, beyond what it has before.
fn most_memory(session: &mut Session, statement: &str) -> usize {
    let process = session.process();
    let before = own_memory(process);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut most = 0;
            while !done.load(Ordering::Relaxed) {
                most = most.max(own_memory(process));
                thread::sleep(Duration::from_millis(2));
            }
            most
        });
        session.run(statement);
        done.store(true, Ordering::Relaxed);
        watcher.join().expect("the watcher").saturating_sub(before)
    })
}

fn a_million_rows(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(&format!(
        "set statement_timeout = 0; create table tasks (id integer primary key, title text, data json, n integer default 0);
         insert into tasks select i, 'title', '{{\"a\": 1}}' from generate_series(1, {ROWS}) as i;
         create function do_nothing() returns trigger language plpgsql as $$ begin return null; end $$;
         create trigger nothing after update on tasks for each row execute function do_nothing()"
    ));
    let fresh = |database: &Database| {
        let mut session = database.owner();
        session.run("set statement_timeout = 0; update tasks set n = 1 where id = 1");
        session
    };
    let update = "update tasks set n = n + 1, data = '{\"a\": 2}'";
    let nothing = most_memory(&mut fresh(database), update);
    owner.run("drop trigger nothing on tasks; select steward.audit('tasks', 'audit.log')");
    let log = most_memory(&mut fresh(database), update);
    assert_eq!(count(&mut owner, "audit.log"), ROWS + 1);
    assert!(
        log < nothing + LIMIT,
        "{log} kB into a log, {nothing} kB with an empty trigger"
    );
    owner.run("select steward.detach('tasks', 'audit'); create table own (action text, entity_id integer, changes jsonb); select steward.audit('tasks', 'own')");
    let some = "update tasks set n = n + 1 where id <= 100000";
    let own = most_memory(&mut fresh(database), some);
    assert!(
        own < nothing + LIMIT,
        "{own} kB into a table of one's own, {nothing} kB with an empty trigger"
    );
}
