//! A server that is killed while budgets are charged: what is committed stays within the limits, and the counters agree
//! with the rows.

use steward_tests::crash::{self, durable_database};
use steward_tests::{Database, Session, tests};

use super::{HUB, METER, P, Q, assert_counters_agree, budget};

tests![
    counters_agree_with_the_rows_after_a_crash,
    the_control_that_is_not_logged_loses_what_is_spent,
];

/// Writes until the server is gone, and says how many statements it has confirmed.
fn write(mut session: Session, number: usize) -> usize {
    let project = if number.is_multiple_of(2) { P } else { Q };
    let row = format!("insert into token_usage (project_id, cost_usd) values ('{project}', 0.01)");
    let statements = [
        row.clone(),
        format!("begin; {row}; savepoint s; {row}; rollback to s; {row}; commit"),
        format!("begin; {row}; rollback"),
        "delete from token_usage where id in (select id from token_usage limit 2 for update skip locked)".to_owned(),
        format!("select steward.settle(reservation) from steward.reserve('budget_limits', '{{\"project\": \"{project}\"}}', 0.05) where verdict = 'granted'"),
    ];
    let mut confirmed = 0;
    for turn in 0.. {
        match session
            .client()
            .batch_execute(&statements[turn % statements.len()])
        {
            Ok(()) => confirmed += 1,
            Err(error) => {
                let is_gone = |code: &str| code.starts_with("57");
                if error
                    .as_db_error()
                    .is_none_or(|error| is_gone(error.code().code()))
                {
                    break;
                }
            }
        }
    }
    confirmed
}

fn hub(database: &Database) {
    let mut owner = database.owner();
    owner.run(HUB);
    owner.run(METER);
    budget(&mut owner, "P", &format!("project {P}"), "3", "block");
    budget(&mut owner, "all", "global", "5", "block");
    budget(&mut owner, "watched", "global", "1", "warn");
}

fn counters_agree_with_the_rows_after_a_crash(_: &Database) {
    let database = durable_database();
    hub(&database);
    let crashes = crash::rounds();
    let mut confirmed = 0;
    for round in 0..crashes {
        confirmed += crash::under_load(&database, round, write);
        let mut owner = database.owner();
        assert_counters_agree(&mut owner);
        assert!(
            owner.holds("select sum(cost_usd) <= 5 and coalesce(sum(cost_usd) filter (where project_id::text like '%1'), 0) <= 3 from token_usage"),
            "round {round}"
        );
        // The index agrees with the table.
        owner.run("set enable_seqscan = off; set enable_bitmapscan = off");
        assert_counters_agree(&mut owner);
        assert_eq!(
            owner.rows(
                "select details ->> 'name', severity from told group by 1, 2 having count(*) > 1"
            ),
            [""; 0]
        );
    }
    assert!(confirmed > crashes * 10, "only {confirmed} statements");
}

/// Counters without write-ahead log are what a crash empties; `verify_budgets` has nothing to compare then, and what was
/// spent is counted anew.
fn the_control_that_is_not_logged_loses_what_is_spent(_: &Database) {
    let database = durable_database();
    hub(&database);
    let mut owner = database.owner();
    owner.run(&format!(
        "insert into token_usage (project_id, cost_usd) values ('{P}', 1)"
    ));
    owner.run("alter table budget_limits_counters set unlogged");
    drop(owner);
    crash::under_load(&database, 0, write);
    let mut owner = database.owner();
    assert_eq!(
        owner.value("select count(*) from budget_limits_counters"),
        "0"
    );
    owner.run(&format!(
        "insert into token_usage (project_id, cost_usd) values ('{P}', 0.01)"
    ));
    assert_counters_agree(&mut owner);
}
