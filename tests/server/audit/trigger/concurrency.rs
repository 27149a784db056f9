//! Many sessions that write while the log changes under them: as many entries as changes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use steward_tests::{Database, Refusal, Session, tests};

use super::{AUDIT, count, owner_with_log};

tests![
    many_writers_while_partitions_are_added,
    many_writers_while_a_partition_comes_and_goes,
    a_key_that_changes_while_the_log_does,
    attaching_and_detaching_under_load,
    writers_of_different_rows_do_not_wait,
    writers_at_serializable,
];

const WRITERS: usize = 8;
const TASKS: &str = "
    create table tasks (id bigint primary key, n integer not null default 0);
    insert into tasks select generate_series(1, 8)";
const WHILE: Duration = Duration::from_secs(4);

/// Lets every writer repeat its statement until `disturb` has ended. The server may ask to try again.
fn write_meanwhile(
    database: &Database,
    statement: impl Fn(usize) -> String + Sync,
    disturb: impl FnOnce(),
) -> usize {
    let done = AtomicBool::new(false);
    let committed: usize = thread::scope(|scope| {
        let writers: Vec<_> = (1..=WRITERS)
            .map(|number| {
                let mut session = database.owner();
                let statement = statement(number);
                let done = &done;
                scope.spawn(move || {
                    let mut committed = 0;
                    while !done.load(Ordering::Relaxed) {
                        match session.try_run(&statement) {
                            Ok(()) => committed += 1,
                            Err(refusal) => assert_retry(&refusal),
                        }
                    }
                    committed
                })
            })
            .collect();
        let end = End(&done);
        disturb();
        drop(end);
        writers
            .into_iter()
            .map(|writer| writer.join().expect("a writer"))
            .sum()
    });
    committed
}

/// Ends the writers, also where the test fails meanwhile.
struct End<'done>(&'done AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[track_caller]
fn assert_retry(refusal: &Refusal) {
    assert!(
        ["40001", "40P01"].contains(&refusal.sqlstate()),
        "{refusal}"
    );
}

#[track_caller]
fn assert_counts_agree(owner: &mut Session, committed: usize) {
    let changes: usize = owner
        .value("select sum(n) from tasks")
        .parse()
        .expect("a number");
    assert_eq!(changes, count(owner, "audit.log where action = 'UPDATE'"));
    assert_eq!(changes, committed);
    assert!(committed > 50, "only {committed}");
    // Each row's own history is whole: every value once, in order.
    let broken = owner.rows(
        "select * from (
             select key, (before ->> 'n')::integer as old, (after ->> 'n')::integer as new,
                 row_number() over (partition by key order by sequence) as position from audit.log where action = 'UPDATE'
         ) as l where new <> old + 1 or new <> position",
    );
    assert!(broken.is_empty(), "{broken:#?}");
}

fn update(number: usize) -> String {
    format!("update tasks set n = n + 1 where id = {number}")
}

fn many_writers_while_partitions_are_added(database: &Database) {
    let mut owner = database.owner();
    owner.run("select steward.create_audit_log('audit.log', period => 'day', ahead => 0)");
    owner.run(TASKS);
    owner.run(AUDIT);
    let committed = write_meanwhile(database, update, || {
        let mut keeper = database.owner();
        let deadline = Instant::now() + WHILE;
        let mut ahead = 1;
        while Instant::now() < deadline {
            if let Err(refusal) = keeper.try_run(&format!(
                "select steward.extend_audit_log('audit.log', {ahead})"
            )) {
                assert_retry(&refusal);
            }
            ahead += 1;
        }
        assert!(ahead > 10, "only {ahead}");
    });
    assert_counts_agree(&mut owner, committed);
}

/// The present partition is taken away, its entries go into the default one, and are moved back.
fn many_writers_while_a_partition_comes_and_goes(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run(AUDIT);
    owner.run("insert into tasks values (100)");
    let current = owner.value("select tableoid::regclass from audit.log");
    let mut rounds = 0;
    let committed = write_meanwhile(database, update, || {
        let mut superuser = database.superuser();
        let deadline = Instant::now() + WHILE;
        while Instant::now() < deadline {
            let result = superuser.try_run(&format!(
                "begin; alter table audit.log detach partition {current}; insert into audit.log select * from {current}; drop table {current}; commit"
            ));
            if let Err(refusal) = result {
                assert_retry(&refusal);
                superuser.run("rollback");
                continue;
            }
            thread::sleep(Duration::from_millis(20));
            while let Err(refusal) =
                superuser.try_run("select steward.extend_audit_log('audit.log')")
            {
                assert_retry(&refusal);
            }
            rounds += 1;
        }
    });
    assert!(rounds > 3, "only {rounds}");
    assert_counts_agree(&mut owner, committed);
}

/// What is known of the log is overtaken between the two entries of one change.
fn a_key_that_changes_while_the_log_does(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run("create table tasks (number bigint primary key, id integer, n integer not null default 0); insert into tasks select i * 1000000, i from generate_series(1, 8) as i");
    owner.run(AUDIT);
    let update =
        |number| format!("update tasks set number = number + 1, n = n + 1 where id = {number}");
    let committed = write_meanwhile(database, update, || {
        let mut keeper = database.owner();
        let deadline = Instant::now() + WHILE;
        while Instant::now() < deadline {
            keeper.run("grant select on audit.log to writer");
            keeper.run("revoke select on audit.log from writer");
        }
    });
    assert!(committed > 50, "only {committed}");
    assert_eq!(count(&mut owner, "audit.log"), 2 * committed);
    let doubled = owner.rows("select key, before ->> 'n', count(*) from audit.log group by 1, 2, after ->> 'n' having count(*) > 1");
    assert!(doubled.is_empty(), "{doubled:#?}");
}

/// Whatever is written while the trigger is there is recorded, and nothing else.
fn attaching_and_detaching_under_load(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run(AUDIT);
    write_meanwhile(database, update, || {
        let mut keeper = database.owner();
        let deadline = Instant::now() + WHILE;
        let mut round = 0;
        while Instant::now() < deadline {
            let call = [
                "select steward.detach('tasks', 'audit')",
                AUDIT,
                "select steward.audit('tasks', 'audit.log', always => true)",
            ][round % 3];
            if let Err(refusal) = keeper.try_run(call) {
                assert_retry(&refusal);
            }
            round += 1;
        }
        assert!(round > 3);
    });
    let twice = owner.rows("select key, after, count(*) from audit.log where action = 'UPDATE' group by 1, 2 having count(*) > 1");
    assert!(twice.is_empty(), "{twice:#?}");
    assert!(count(&mut owner, "audit.log") > 0);
}

fn writers_of_different_rows_do_not_wait(database: &Database) {
    let mut first = owner_with_log(database);
    first.run(TASKS);
    first.run(AUDIT);
    let mut second = database.owner();
    second.run("set lock_timeout = '200ms'");
    first.run("begin; update tasks set n = 1 where id = 1");
    second.run("update tasks set n = 1 where id = 2");
    second.run("select steward.create_audit_log('audit.log')");
    first.run("commit");
    assert_eq!(count(&mut first, "audit.log"), 2);
}

/// Writing the log by itself is no reason to fail.
fn writers_at_serializable(database: &Database) {
    let mut owner = owner_with_log(database);
    owner.run(TASKS);
    owner.run(AUDIT);
    let mut sessions: Vec<_> = (1..=4).map(|_| database.owner()).collect();
    for session in &mut sessions {
        session.run("begin isolation level serializable; select 1");
    }
    for (index, session) in sessions.iter_mut().enumerate() {
        session.run(&format!(
            "update tasks set n = n + 1 where id = {}",
            index + 1
        ));
    }
    for session in &mut sessions {
        session.run("commit");
    }
    assert_eq!(count(&mut owner, "audit.log"), 4);
}
