//! The totals under sessions that write at the same time, at all levels of isolation: always the sums. Rules that add or
//! look without the lock are caught.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use steward_tests::{Database, Refusal, Session, tests};

use super::totals::WRONG;
use super::world::{ANOTHER_TASK, ANSWER, PHONE_TASK, QUESTION, TASK, inhabited, used};
use super::{LEVELS, another_application};
use crate::churn::random::Random;

tests![
    the_second_adds_up_what_the_first_has_committed,
    what_the_first_takes_back_does_not_count,
    above_read_committed_the_second_tries_again,
    a_total_that_is_as_high_as_can_be_is_no_exception,
    without_that_version_it_is_missed,
    tasks_in_opposite_order_do_not_meet_within_a_statement,
    many_sessions_leave_sums,
    without_the_lock_they_do_not,
    with_the_lock_after_the_sum_they_do_not,
];

fn total(session: &mut Session) -> String {
    session.value(&format!(
        "select total_cost_usd from tasks where id = '{TASK}'"
    ))
}

fn dollar() -> String {
    used(
        "task_id, message_id, cost_usd",
        &format!("'{TASK}', '{ANSWER}', 1"),
    )
}

fn the_second_adds_up_what_the_first_has_committed(database: &Database) {
    let mut first = inhabited(database);
    let second = another_application(database);
    first.run(&format!("begin; {}", dollar()));
    let waiting = second.start(&dollar());
    waiting.until_blocked(&mut database.owner());
    first.run("commit");
    let (mut second, result) = waiting.finish();
    result.expect("it adds up after the first");
    assert_eq!(total(&mut second), "2.000000");
    assert_eq!(second.rows(WRONG), [""; 0]);
}

fn what_the_first_takes_back_does_not_count(database: &Database) {
    let mut first = inhabited(database);
    for level in LEVELS {
        let before = total(&mut first);
        let mut second = another_application(database);
        second.run(&format!("set default_transaction_isolation = '{level}'"));
        first.run(&format!("begin; {}", dollar()));
        let waiting = second.start(&dollar());
        waiting.until_blocked(&mut database.owner());
        first.run("rollback");
        let (mut second, result) = waiting.finish();
        result.expect("nothing has changed");
        assert_eq!(
            total(&mut second),
            format!("{}.000000", before.parse::<f64>().expect("a number") + 1.0)
        );
    }
}

fn above_read_committed_the_second_tries_again(database: &Database) {
    let mut first = inhabited(database);
    for level in ["repeatable read", "serializable"] {
        let mut second = another_application(database);
        second.run(&format!(
            "begin isolation level {level}; select count(*) from tasks"
        ));
        first.run(&format!("begin; {}", dollar()));
        let waiting = second.start(&dollar());
        waiting.until_blocked(&mut database.owner());
        first.run("commit");
        let (mut second, result) = waiting.finish();
        assert_eq!(
            result.expect_err("the total has changed").sqlstate(),
            "40001"
        );
        second.run(&format!("rollback; {}", dollar()));
    }
    assert_eq!(total(&mut first), "4.000000");
    assert_eq!(first.rows(WRONG), [""; 0]);
}

/// Three rows that are too much together, of which two sessions take away one each; each alone leaves too much.
fn two_changes_of_too_much(
    database: &Database,
    mut first: Session,
    level: &str,
) -> (Session, Result<(), Refusal>) {
    for cost in ["9000", "6000", "5000"] {
        first.run(&used("task_id, cost_usd", &format!("'{TASK}', {cost}")));
    }
    let mut second = another_application(database);
    second.run(&format!(
        "begin isolation level {level}; select count(*) from tasks"
    ));
    first.run("update token_usage set cost_usd = 0 where cost_usd = 9000");
    assert_eq!(total(&mut first), "9999.999999");
    let result = second.try_run("delete from token_usage where cost_usd = 6000; commit");
    (second, result)
}

fn a_total_that_is_as_high_as_can_be_is_no_exception(database: &Database) {
    for level in LEVELS {
        let database = database.create_another().expect("a database");
        let first = inhabited(&database);
        let (mut second, result) = two_changes_of_too_much(&database, first, level);
        if level == "read committed" {
            result.expect("it sees the other's change");
        } else {
            let refusal = result.expect_err("its snapshot is older than the other's change");
            assert_eq!(refusal.sqlstate(), "40001");
            second.run("rollback; delete from token_usage where cost_usd = 6000");
        }
        assert_eq!(total(&mut second), "5000.000000");
    }
}

fn without_that_version_it_is_missed(database: &Database) {
    let first = inhabited(database);
    mutate(
        database,
        "is distinct from (counted.tokens, counted.cost)",
        "is distinct from (least(counted.tokens, 2147483647), least(counted.cost, 9999.999999))",
    );
    let (mut second, result) = two_changes_of_too_much(database, first, "repeatable read");
    result.expect("nobody has written the task");
    assert_eq!(total(&mut second), "9999.999999");
}

/// Each session writes of both tasks in one statement, the one in this order, the other in that.
fn tasks_in_opposite_order_do_not_meet_within_a_statement(database: &Database) {
    drop(inhabited(database));
    thread::scope(|scope| {
        for tasks in [[TASK, ANOTHER_TASK], [ANOTHER_TASK, TASK]] {
            let mut session = another_application(database);
            scope.spawn(move || {
                for _ in 0..100 {
                    session.run(&format!(
                        "insert into token_usage (model, task_id, tokens_in) values ('m', '{}', 1), ('m', '{}', 1)",
                        tasks[0], tasks[1]
                    ));
                }
            });
        }
    });
    let mut owner = database.owner();
    owner.run("set search_path = hub");
    assert_eq!(owner.rows(WRONG), [""; 0]);
}

const SESSIONS: usize = 8;
const RETRY: [&str; 2] = ["40001", "40P01"];

/// A transaction of one to three statements on few tasks and messages.
fn transaction(random: &mut Random) -> String {
    let statements: Vec<_> = (0..=random.below(2)).map(|_| statement(random)).collect();
    let end = if random.below(5) == 0 {
        "rollback"
    } else {
        "commit"
    };
    format!("begin; {}; {end}", statements.join("; "))
}

fn statement(random: &mut Random) -> String {
    let task = [TASK, ANOTHER_TASK, PHONE_TASK][usize::try_from(random.below(3)).expect("small")];
    let message = [ANSWER, QUESTION][usize::try_from(random.below(2)).expect("small")];
    let some = format!(
        "array(select id from token_usage order by md5(id::text || {}) limit 3)",
        random.below(1000)
    );
    match random.below(8) {
        0 => format!("update token_usage set cost_usd = cost_usd + 1 where id = any ({some})"),
        1 => format!("delete from token_usage where id = any ({some})"),
        2 => format!(
            "update token_usage set project_id = null, task_id = null where id = any ({some})"
        ),
        3 => {
            format!("update tasks set total_cost_usd = total_cost_usd + 1 where id = '{task}'")
        }
        4 => format!(
            "savepoint s; insert into token_usage (model, task_id, cost_usd) values ('m', '{task}', 5); rollback to s"
        ),
        5 => format!(
            "insert into token_usage (model, message_id, tokens_in, cost_usd) values ('m', '{message}', 2, 3)"
        ),
        _ => format!(
            "insert into token_usage (model, task_id, tokens_in, cost_usd)
                 select 'm', '{task}', 1, n from generate_series(1, 3) as n"
        ),
    }
}

/// Lets the sessions write for so long, or until a total is wrong. Returns what is wrong while and after they do.
fn churn(database: &Database, duration: Duration) -> Vec<String> {
    let stop = AtomicBool::new(false);
    let mut observer = database.owner();
    observer.run("set search_path = hub");
    let mut wrong = Vec::new();
    thread::scope(|scope| {
        for number in 0..SESSIONS {
            let mut session = another_application(database);
            let level = LEVELS[number % LEVELS.len()];
            let stop = &stop;
            scope.spawn(move || {
                let mut random = Random::seeded(number as u64 + 1);
                session.run(&format!("set default_transaction_isolation = '{level}'"));
                while !stop.load(Ordering::Relaxed) {
                    if let Err(refusal) = session.try_run(&transaction(&mut random)) {
                        assert!(RETRY.contains(&refusal.sqlstate()), "{refusal}");
                        session.run("rollback");
                    }
                }
            });
        }
        let until = Instant::now() + duration;
        while Instant::now() < until && wrong.is_empty() {
            wrong = observer.rows(WRONG);
            thread::sleep(Duration::from_millis(20));
        }
        stop.store(true, Ordering::Relaxed);
    });
    wrong.extend(observer.rows(WRONG));
    wrong
}

fn many_sessions_leave_sums(database: &Database) {
    drop(inhabited(database));
    assert_eq!(churn(database, Duration::from_secs(6)), [""; 0]);
    let mut owner = database.owner();
    assert!(
        owner.holds("select count(*) > 100 from hub.token_usage"),
        "there was something to add up"
    );
}

/// Puts another text in the place of a part of the rule.
fn mutate(database: &Database, part: &str, replacement: &str) {
    database.owner().run(&format!(
        "do $mutate$
         declare
             body text := pg_get_functiondef('hub.add_up_tasks'::regproc);
         begin
             if strpos(body, $part${part}$part$) = 0 then
                 raise 'the rule has no such part';
             end if;
             execute replace(body, $part${part}$part$, $part${replacement}$part$);
         end $mutate$"
    ));
}

/// The mutants: a total that is read and written without the lock.
fn without_the_lock_they_do_not(database: &Database) {
    drop(inhabited(database));
    mutate(
        database,
        "perform from tasks where id = any (changed_ids) order by id for no key update;",
        "perform pg_sleep(0.002);",
    );
    assert_ne!(churn(database, Duration::from_mins(1)), [""; 0]);
}

fn with_the_lock_after_the_sum_they_do_not(database: &Database) {
    drop(inhabited(database));
    mutate(
        database,
        "perform from tasks where id = any (changed_ids) order by id for no key update;
    with counted as (",
        "with locked as materialized (
        select id from tasks where id = any (changed_ids) order by id for no key update
    ), counted as (",
    );
    mutate(
        database,
        "where task.id = counted.id\n",
        "where task.id = counted.id and (select count(*) from locked) >= 0\n",
    );
    assert_ne!(churn(database, Duration::from_mins(1)), [""; 0]);
}
