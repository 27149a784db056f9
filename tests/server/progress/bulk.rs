//! Statements that write many tasks.

use std::time::{Duration, Instant};

use steward_tests::{Database, Session, tests};

use super::{TABLES, assert_right};

tests![
    a_bulk_update_is_not_quadratic,
    many_parents_at_once,
    a_plan_that_was_made_when_the_tables_were_small,
];

fn timed(session: &mut Session, sql: &str) -> Duration {
    let begun = Instant::now();
    session.run(sql);
    begun.elapsed()
}

/// A counter that is written once for every row takes a hundred times as long for ten times as many.
fn a_bulk_update_is_not_quadratic(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("insert into milestones values (1); select steward.roll_up_progress('tasks'); set statement_timeout = '50s'");
    owner.run("insert into tasks select n, 1 from generate_series(1, 10000) as n");
    let small = timed(&mut owner, "update tasks set status = 'done'");
    owner.run("truncate tasks; insert into tasks select n, 1 from generate_series(1, 100000) as n");
    let large = timed(&mut owner, "update tasks set status = 'done'");
    assert_right(&mut owner);
    assert!(
        large < small * 40 + Duration::from_secs(2),
        "10 thousand: {small:?}, 100 thousand: {large:?}"
    );
}

fn many_parents_at_once(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run(
        "insert into milestones select n from generate_series(1, 20000) as n; select steward.roll_up_progress('tasks');
         insert into tasks select n, n % 20000 + 1, case when n % 3 = 0 then 'done' else 'todo' end from generate_series(1, 50000) as n;
         update tasks set milestone_id = milestone_id % 10000 + 1",
    );
    assert_right(&mut owner);
}

fn a_plan_that_was_made_when_the_tables_were_small(database: &Database) {
    let mut owner = database.owner();
    owner.run(TABLES);
    owner.run("insert into milestones values (0); select steward.roll_up_progress('tasks'); set statement_timeout = '50s'");
    for task in 1..=10 {
        owner.run(&format!("insert into tasks values (-{task}, 0)"));
    }
    // In the same session, and not analyzed.
    owner.run(
        "insert into milestones select n from generate_series(1, 30000) as n;
         insert into tasks select n, n, 'done' from generate_series(1, 30000) as n",
    );
    assert_eq!(
        owner.value("select count(*) from milestones where progress = 100"),
        "30000"
    );
}
