//! Random histories of eight sessions at mixed levels, held against plain SQL.

use std::sync::atomic::{AtomicUsize, Ordering};

use steward_tests::{Database, Refusal, Session, tests};

use super::{ORACLE, ROLL_UP, TABLES, assert_right, progress};
use crate::churn::random::Random;

tests![
    what_eight_sessions_leave_is_right,
    a_rule_that_counts_under_an_old_snapshot_is_found_out,
];

const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];
const SESSIONS: u64 = 8;
const ROUNDS: usize = 60;
const MILESTONES: u64 = 4;
const TASKS: u64 = 40;

fn tables(owner: &mut Session) {
    owner.run(&TABLES.replace(
        "references milestones",
        "references milestones on delete cascade",
    ));
    owner.run(&format!(
        "insert into milestones select n from generate_series(1, {MILESTONES}) as n"
    ));
}

/// A position in a list of that length.
fn index(random: &mut Random, length: u64) -> usize {
    usize::try_from(random.below(length)).unwrap_or_default()
}

fn statement(random: &mut Random) -> String {
    let (task, other) = (random.below(TASKS), random.below(TASKS));
    let milestone = match random.below(MILESTONES + 1) {
        0 => "null".to_owned(),
        number => number.to_string(),
    };
    let status = ["todo", "in_progress", "done", "done", "cancelled"][index(random, 5)];
    match random.below(10) {
        0 | 1 => format!(
            "insert into tasks values ({task}, {milestone}, '{status}') on conflict (id) do update set milestone_id = excluded.milestone_id"
        ),
        2..=5 => format!("update tasks set status = '{status}' where id = {task}"),
        6 => format!("update tasks set milestone_id = {milestone} where id = {task}"),
        7 => format!(
            "update tasks set status = '{status}', milestone_id = {milestone} where id in ({task}, {other})"
        ),
        8 => format!(
            "savepoint a; update tasks set status = '{status}' where id = {task}; rollback to a; delete from tasks where id = {other}"
        ),
        _ => format!("delete from tasks where id = {task}"),
    }
}

/// Returns how many transactions were committed.
fn churn(database: &Database) -> usize {
    let committed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..SESSIONS {
            let mut session = database.owner();
            let committed = &committed;
            scope.spawn(move || {
                let mut random = Random::seeded(number + 1);
                for _ in 0..ROUNDS {
                    let level = LEVELS[index(&mut random, 3)];
                    let statements: Vec<_> = (0..=random.below(3))
                        .map(|_| statement(&mut random))
                        .collect();
                    let end = if random.happens(15) {
                        "rollback"
                    } else {
                        "commit"
                    };
                    let transaction = format!(
                        "begin isolation level {level}; {}; {end}",
                        statements.join("; ")
                    );
                    match session.client().batch_execute(&transaction) {
                        Ok(()) => {
                            committed.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(error) => {
                            // Transactions of several statements can lock the same tasks in opposite orders.
                            let refusal = Refusal::of(&error);
                            assert!(
                                ["40001", "40P01"].contains(&refusal.sqlstate()),
                                "{transaction}: {refusal}"
                            );
                            session.run("rollback");
                        }
                    }
                }
            });
        }
    });
    committed.into_inner()
}

fn what_eight_sessions_leave_is_right(database: &Database) {
    let mut owner = database.owner();
    tables(&mut owner);
    owner.run(ROLL_UP);
    let committed = churn(database);
    assert!(committed > 100, "{committed}");
    assert_right(&mut owner);
}

/// A negative control: two of the same transactions at the same time, with a trigger that counts as its statement
/// sees the tasks.
fn a_rule_that_counts_under_an_old_snapshot_is_found_out(database: &Database) {
    let mut owner = database.owner();
    tables(&mut owner);
    owner.run(
        "create function count_them() returns trigger language plpgsql as $$ begin
             update milestones as m set progress = coalesce((
                 select round(100.0 * count(*) filter (where status = 'done') / nullif(count(*) filter (where status <> 'cancelled'), 0))
                 from tasks where milestone_id = m.id
             ), 0) where m.id = case when tg_op = 'DELETE' then old.milestone_id else new.milestone_id end;
             return null;
         end $$;
         create trigger count_them after insert or update or delete on tasks for each row execute function count_them()",
    );
    let is_wrong = (0..10).any(|_| {
        churn(database);
        progress(&mut owner) != owner.rows(ORACLE)
    });
    assert!(is_wrong, "the histories find nothing");
}
