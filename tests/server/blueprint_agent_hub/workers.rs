//! Many workers on the queue of webhooks at the same time: no event twice, none lost, none waited for, and what
//! becomes of the event of a worker that dies. The variants without a lock, and without a lease, are caught.

use std::collections::BTreeMap;
use std::thread;

use steward_tests::{Database, Role, Session, Waiting, tests};

use super::webhooks::{add, expire, queue};

tests![
    every_event_goes_to_one_worker,
    at_every_isolation_level,
    without_the_lock_events_come_twice,
    without_the_lease_events_come_twice,
    workers_do_not_wait_for_each_other,
    without_skipping_they_do,
    a_dead_worker_leaves_its_event_to_others,
    workers_that_die_all_the_time_lose_nothing,
];

const WORKERS: usize = 8;
const EVENTS: usize = 400;

/// What retries of a transaction are for; anything else is a failure.
const RETRY: [&str; 2] = ["40001", "40P01"];

fn worker(database: &Database) -> Session {
    let mut session = database.session(Role::Writer);
    session.run("set search_path = hub");
    session
}

/// Works until nothing is due, and returns the numbers of the events that it got.
fn work(mut session: Session, at_a_time: usize) -> Vec<String> {
    let mut worked = Vec::new();
    loop {
        let claim = format!(
            "select id, claim_token, payload ->> 'number' as number from claim_webhooks('w', {at_a_time})"
        );
        let claimed = match session.client().query(
            &format!("select id::text, claim_token, number from ({claim}) as claimed"),
            &[],
        ) {
            Ok(claimed) => claimed,
            Err(error) => {
                let refusal = steward_tests::Refusal::of(&error);
                assert!(RETRY.contains(&refusal.sqlstate()), "{refusal}");
                continue;
            }
        };
        if claimed.is_empty() {
            return worked;
        }
        for event in claimed {
            let (id, token): (String, i64) = (event.get(0), event.get(1));
            worked.push(event.get(2));
            let finish = format!("select finish_webhook('{id}', {token})");
            while let Err(refusal) = session.try_run(&finish) {
                if refusal.sqlstate() == "55000" {
                    // Another worker has it too: that is what the test looks for.
                    break;
                }
                assert!(RETRY.contains(&refusal.sqlstate()), "{refusal}");
            }
        }
    }
}

/// How often each event was worked on, by workers who all begin at the same time.
fn race(database: &Database, level: &str) -> BTreeMap<String, usize> {
    let workers: Vec<_> = (0..WORKERS)
        .map(|number| {
            let mut session = worker(database);
            session.run(&format!("set default_transaction_isolation = '{level}'"));
            thread::spawn(move || work(session, 1 + number % 3))
        })
        .collect();
    let mut counts = BTreeMap::new();
    for worker in workers {
        for number in worker.join().expect("a worker") {
            *counts.entry(number).or_default() += 1;
        }
    }
    counts
}

/// Events that somebody worked on more than once.
fn worked_twice(counts: &BTreeMap<String, usize>) -> usize {
    counts.values().filter(|count| **count > 1).count()
}

fn every_event_goes_to_one_worker(database: &Database) {
    let mut writer = queue(database, EVENTS);
    let counts = race(database, "read committed");
    assert_eq!(counts.len(), EVENTS, "none is lost");
    assert_eq!(worked_twice(&counts), 0);
    assert_eq!(
        writer.value(
            "select count(*), bool_and(processed), max(claim_token), max(retry_count) from webhooks"
        ),
        format!("{EVENTS}|t|1|0")
    );
}

fn at_every_isolation_level(database: &Database) {
    let mut writer = queue(database, 0);
    for level in ["repeatable read", "serializable"] {
        add(&mut writer, EVENTS / 4);
        let counts = race(database, level);
        assert_eq!(
            (counts.len(), worked_twice(&counts)),
            (EVENTS / 4, 0),
            "{level}"
        );
    }
}

/// The queue with another `claim_webhooks`, in which `part` of the definition is replaced.
fn mutant(database: &Database, part: &str, replacement: &str) {
    let mut owner = database.owner();
    owner.run("set search_path = hub");
    let definition = owner.value("select pg_get_functiondef('claim_webhooks'::regproc)");
    let careless = definition.replace(part, replacement);
    assert_ne!(careless, definition, "{definition}");
    owner.run(&careless);
}

fn without_the_lock_events_come_twice(database: &Database) {
    let mut writer = queue(database, 0);
    mutant(database, "FOR UPDATE OF webhooks SKIP LOCKED", "");
    for _ in 0..20 {
        add(&mut writer, EVENTS);
        let counts = race(database, "read committed");
        if worked_twice(&counts) > 0 {
            return;
        }
    }
    panic!("nothing was noticed");
}

fn without_the_lease_events_come_twice(database: &Database) {
    let mut writer = queue(database, 0);
    mutant(
        database,
        "next_attempt_at = (statement_timestamp() + GREATEST",
        "next_attempt_at = (statement_timestamp() - GREATEST",
    );
    for _ in 0..20 {
        add(&mut writer, EVENTS);
        writer.run("update webhooks set max_retries = 1000");
        let counts = race(database, "read committed");
        if worked_twice(&counts) > 0 {
            return;
        }
    }
    panic!("nothing was noticed");
}

const NEXT: &str = "select payload ->> 'number' from claim_webhooks('w')";

/// While one worker's claim is not committed, and another session changes an event by hand.
fn workers_do_not_wait_for_each_other(database: &Database) {
    let mut first = queue(database, 4);
    let mut second = worker(database);
    let mut by_hand = worker(database);
    first.run("begin");
    assert_eq!(first.value(NEXT), "1");
    by_hand.run("begin; update webhooks set payload = payload where payload ->> 'number' = '2'");
    second.run("set lock_timeout = '5s'");
    assert_eq!(second.value(NEXT), "3");
    by_hand.run("rollback");
    assert_eq!(second.value(NEXT), "2");
    first.run("rollback");
    assert_eq!(second.value(NEXT), "1");
    assert_eq!(
        second.value("select retry_count from webhooks where payload ->> 'number' = '1'"),
        "0"
    );
}

fn without_skipping_they_do(database: &Database) {
    let mut first = queue(database, 2);
    mutant(database, "SKIP LOCKED", "");
    first.run("begin");
    assert_eq!(first.value(NEXT), "1");
    let second: Waiting = worker(database).start(NEXT);
    second.until_blocked(&mut database.superuser());
    first.run("commit");
    second.finish().1.expect("it goes on");
}

fn a_dead_worker_leaves_its_event_to_others(database: &Database) {
    let mut writer = queue(database, 1);
    let kill = |mut session: Session| {
        let process = session.process();
        database
            .superuser()
            .run(&format!("select pg_terminate_backend({process}, 10000)"));
        assert!(session.client().batch_execute("").is_err());
    };
    // While it was claiming: as if it had never been there.
    let mut dying = worker(database);
    dying.run("begin");
    assert_eq!(dying.value(NEXT), "1");
    kill(dying);
    // While it was working: when the lease is over.
    let mut dying = worker(database);
    dying.run("select * from claim_webhooks('dying', lease => '2 seconds')");
    let claimed_by = "select claimed_by, claim_token, retry_count from webhooks";
    assert_eq!(writer.value(claimed_by), "dying|1|0");
    kill(dying);
    assert_eq!(writer.rows(NEXT), [""; 0], "it might still work");
    writer.run("select pg_sleep(greatest(extract(epoch from next_attempt_at - clock_timestamp()), 0)) from webhooks");
    assert_eq!(writer.value(NEXT), "1");
    assert_eq!(writer.value(claimed_by), "w|2|1");
    assert_eq!(
        writer.value("select error_message from webhooks"),
        "dying did not come back before its lease ran out"
    );
}

/// Each of them dies with an event in its hands, until everything is done.
fn workers_that_die_all_the_time_lose_nothing(database: &Database) {
    let mut writer = queue(database, EVENTS / 4);
    writer.run("update webhooks set max_retries = 1000");
    let mut finished = BTreeMap::new();
    for round in 0.. {
        let workers: Vec<_> = (0..WORKERS)
            .map(|number| {
                let session = worker(database);
                thread::spawn(move || work_and_die(session, 1 + (round + number) % 7))
            })
            .collect();
        let worked: Vec<_> = workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a worker"))
            .collect();
        for number in worked {
            *finished.entry(number).or_default() += 1;
        }
        expire(&mut writer);
        if writer.holds("select not exists (select from webhook_queue)") {
            break;
        }
        assert!(round < 100, "it never ends");
    }
    assert_eq!((finished.len(), worked_twice(&finished)), (EVENTS / 4, 0));
    assert_eq!(
        writer.value("select sum(claim_token - retry_count) from webhooks"),
        format!("{}", EVENTS / 4)
    );
}

/// Finishes so many events and is gone with the next.
fn work_and_die(mut session: Session, events: usize) -> Vec<String> {
    let mut finished = Vec::new();
    for _ in 0..events {
        let claimed =
            session.rows("select id, claim_token, payload ->> 'number' from claim_webhooks('w')");
        let Some(claimed) = claimed.first() else {
            return finished;
        };
        let values: Vec<_> = claimed.split('|').collect();
        session.run(&format!(
            "select finish_webhook('{}', {})",
            values[0], values[1]
        ));
        finished.push(values[2].to_owned());
    }
    session.run("select * from claim_webhooks('w')");
    finished
}
