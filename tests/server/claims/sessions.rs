//! Eight sessions that claim at the same time, at all isolation levels at once.

use std::collections::BTreeMap;
use std::thread;

use steward_tests::{Database, Refusal, Session, tests};

use super::{LEVELS, TASKS, owner_of_tasks};

tests![
    no_task_is_claimed_twice,
    a_careless_claim_is_caught,
    a_claim_waits_for_nobody,
    claims_and_completions,
];

const SESSIONS: usize = 8;

/// A session for each number, every third at another isolation level.
fn sessions(database: &Database) -> Vec<Session> {
    (0..SESSIONS)
        .map(|number| {
            let mut session = database.owner();
            let level = LEVELS[number % LEVELS.len()];
            session.run(&format!("set default_transaction_isolation = '{level}'"));
            session
        })
        .collect()
}

/// What all sessions claimed with `call` until nothing was left, and what they were refused with.
fn claim_all(database: &Database, call: &'static str) -> (Vec<String>, Vec<String>) {
    let run = move |mut session: Session| {
        let (mut claimed, mut refused) = (Vec::new(), Vec::new());
        loop {
            match first_value(&mut session, call) {
                Ok(Some(task)) => claimed.push(task),
                Ok(None) => return (claimed, refused),
                Err(refusal) => refused.push(refusal.sqlstate().to_owned()),
            }
        }
    };
    let threads: Vec<_> = sessions(database)
        .into_iter()
        .map(|session| thread::spawn(move || run(session)))
        .collect::<Vec<_>>();
    let (mut claimed, mut refused) = (Vec::new(), Vec::new());
    for thread in threads {
        let (more, errors) = thread.join().expect("a session");
        claimed.extend(more);
        refused.extend(errors);
    }
    claimed.sort();
    (claimed, refused)
}

fn first_value(session: &mut Session, sql: &str) -> Result<Option<String>, Refusal> {
    let rows = session
        .client()
        .query(sql, &[])
        .map_err(|error| Refusal::of(&error))?;
    Ok(rows.first().and_then(|row| row.get(0)))
}

fn twice(claimed: &[String]) -> usize {
    claimed.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

fn no_task_is_claimed_twice(database: &Database) {
    let mut owner = owner_of_tasks(database, 1000);
    let (claimed, refused) = claim_all(
        database,
        "select task from steward.claim_task('tasks', 'a')",
    );
    assert_eq!((claimed.len(), twice(&claimed)), (1000, 0));
    assert_eq!(refused, [""; 0], "a claim never fails over what others do");
    assert_eq!(
        owner.value("select count(*), count(distinct claim_token) from tasks_readiness where claimed_by = 'a' and not is_ready"),
        "1000|1000"
    );
}

/// Negative control: who looks first and writes then, without a lock on the row.
fn a_careless_claim_is_caught(database: &Database) {
    let mut owner = owner_of_tasks(database, 300);
    owner.run(
        "create function careless() returns text language plpgsql as $$
         declare best integer;
         begin
             select task into best from tasks_readiness where is_ready order by priority, task limit 1;
             perform pg_sleep(0.001);
             update tasks_readiness set is_ready = false, claimed_until = 'infinity' where task = best;
             return best;
         end $$",
    );
    let (claimed, _) = claim_all(database, "select careless() as task");
    assert!(twice(&claimed) > 0, "{} claims, none twice", claimed.len());
}

fn a_claim_waits_for_nobody(database: &Database) {
    let mut owner = owner_of_tasks(database, 24);
    owner.run("set lock_timeout = '5s'");
    let mut open = Vec::new();
    for mut session in sessions(database) {
        session.run("set lock_timeout = '5s'; begin");
        let task = session.value("select task from steward.claim_task('tasks', 'a')");
        open.push((session, task));
    }
    let tasks: Vec<_> = open.iter().map(|(_, task)| task.clone()).collect();
    let expected: Vec<_> = (1..=SESSIONS).map(|task| task.to_string()).collect();
    assert_eq!(tasks, expected);
    for (session, _) in &mut open {
        session.run("rollback");
    }
    assert_eq!(
        owner.value("select task from steward.claim_task('tasks', 'a')"),
        "1"
    );
}

/// What came of one session's work.
#[derive(Default)]
struct Done {
    completed: Vec<String>,
    late: u32,
    deadlocks: u32,
}

/// Workers that claim, write the assignee, and complete with their token, while leases expire under their hands
/// and tasks become ready: every task is completed once, and nobody meets a deadlock.
fn claims_and_completions(database: &Database) {
    const TASK_COUNT: u32 = 300;
    let mut owner = database.owner();
    owner.run(TASKS);
    owner.run(
        "select steward.track_completion('tasks', edges => 'edges', assignee => 'assigned_to');
         insert into tasks (id) select id from generate_series(1, 300) as id;
         insert into edges select id, id - 30 from generate_series(31, 300) as id;
         insert into edges select id, id - 31 from generate_series(32, 300) as id",
    );
    let workers: Vec<_> = sessions(database)
        .into_iter()
        .enumerate()
        .map(|(number, session)| thread::spawn(move || work(session, number)))
        .collect();
    let mut completed: BTreeMap<String, u32> = BTreeMap::new();
    let (mut late, mut deadlocks) = (0, 0);
    for worker in workers {
        let done = worker.join().expect("a worker");
        for task in done.completed {
            *completed.entry(task).or_default() += 1;
        }
        late += done.late;
        deadlocks += done.deadlocks;
    }
    assert_eq!(deadlocks, 0);
    assert!(late > 0, "no lease expired under anyone's hands");
    assert_eq!(completed.len(), TASK_COUNT as usize);
    let often: Vec<_> = completed.iter().filter(|(_, times)| **times != 1).collect();
    assert!(often.is_empty(), "completed more than once: {often:?}");
    assert_eq!(
        owner
            .value("select count(*) from tasks where status = 'done' and completed_at is not null"),
        "300"
    );
    assert_eq!(
        owner.rows("select * from steward.verify_tasks('tasks')"),
        [""; 0]
    );
}

fn work(mut session: Session, number: usize) -> Done {
    let mut done = Done::default();
    let mut turn = number;
    while !session.holds("select count(*) = 0 from tasks where status <> 'done'") {
        turn += 1;
        // Some are slower than their lease.
        let (lease, pause) = if turn.is_multiple_of(10) {
            (1, 10)
        } else {
            (60_000, 0)
        };
        let claim = format!(
            "select task || ' ' || token from steward.claim_task('tasks', 'worker-{number}', '{lease} milliseconds')"
        );
        let Some(claim) = retried(&mut done, || first_value(&mut session, &claim)).flatten() else {
            continue;
        };
        let (task, token) = claim.split_once(' ').expect("a task and a token");
        session.run(&format!("select pg_sleep({pause} / 1000.0)"));
        // The row is changed where its completion counts: whoever is told that it succeeded did it.
        let complete = format!(
            "select (count(*) filter (where ready is null))::text from steward.complete_task('tasks', {task}, token => {token}) as ready"
        );
        let was_done = format!("select status from tasks where id = {task}");
        loop {
            session.run("begin");
            let before = first_value(&mut session, &was_done);
            match before.and_then(|before| first_value(&mut session, &complete).map(|_| before)) {
                Ok(before) => {
                    if let Err(refusal) = session.try_run("commit") {
                        count(&mut done, &refusal);
                        session.run("rollback");
                        continue;
                    }
                    if before.as_deref() != Some("done") {
                        done.completed.push(task.to_owned());
                    }
                    break;
                }
                Err(refusal) => {
                    session.run("rollback");
                    if refusal.constraint() == Some("tasks_claimed") {
                        done.late += 1;
                        break;
                    }
                    count(&mut done, &refusal);
                }
            }
        }
    }
    done
}

fn retried<T>(done: &mut Done, mut attempt: impl FnMut() -> Result<T, Refusal>) -> Option<T> {
    loop {
        match attempt() {
            Ok(value) => return Some(value),
            Err(refusal) => count(done, &refusal),
        }
    }
}

fn count(done: &mut Done, refusal: &Refusal) {
    match refusal.sqlstate() {
        "40001" => {}
        "40P01" => done.deadlocks += 1,
        _ => panic!("{refusal}"),
    }
}
