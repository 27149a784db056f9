//! What is told: once for each budget and window, never twice, never lost.

use steward_tests::{Database, Session, tests};

use super::{METER, P, assert_counters_agree, budget, owner_of_hub, spend};

tests![
    a_threshold_is_told_once,
    exceeding_is_told_where_it_is_not_refused,
    a_rollback_takes_the_alert_back,
    what_several_reach_together_is_told_by_the_next,
    what_several_reach_together_is_told_by_the_sweep,
    who_finds_another_telling_does_not_wait,
    late_rows_only_warn,
    what_was_reached_before_there_was_a_budget,
];

fn told(session: &mut Session) -> Vec<String> {
    session.rows("select details ->> 'name', severity from told order by 1, 2 desc")
}

fn a_threshold_is_told_once(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("7.99"));
    assert!(told(&mut owner).is_empty());
    owner.run(&spend("0.01"));
    owner.run(&spend("1"));
    owner.run("delete from token_usage");
    owner.run(&spend("9"));
    assert_eq!(told(&mut owner), ["P|warning"]);
    let row = owner.value("select budget = (select id::text from budget_limits), title, message, details ->> 'percent', details ->> 'scope' from told");
    assert!(
        row.starts_with("t|Budget P has used 80 %|8.00 of 10.00 spent in the window monthly from "),
        "{row}"
    );
    assert!(row.ends_with(&format!("|80|{P}")), "{row}");
    assert_eq!(
        owner.value("select severity, spent, budget_limit from budget_limits_alerts"),
        "warning|8.00|10.00"
    );
}

fn exceeding_is_told_where_it_is_not_refused(database: &Database) {
    let mut owner = owner_of_hub(database);
    budget(&mut owner, "all", "global", "5", "warn");
    owner.run(&spend("5"));
    assert_eq!(told(&mut owner), ["all|warning"]);
    owner.run(&spend("0.01"));
    owner.run(&spend("1"));
    assert_eq!(told(&mut owner), ["all|warning", "all|critical"]);
    owner.refusal(&spend("9"));
    assert_eq!(told(&mut owner), ["all|warning", "all|critical"]);
    owner.run("update budget_limits set alert_threshold = null; delete from told; delete from token_usage; truncate budget_limits_alerts");
    owner.run(&spend("10"));
    assert_eq!(told(&mut owner), ["all|critical"]);
}

fn a_rollback_takes_the_alert_back(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&format!("begin; {}; rollback", spend("9")));
    assert!(told(&mut owner).is_empty());
    owner.run(&format!(
        "begin; savepoint s; {}; rollback to s; commit",
        spend("9")
    ));
    assert!(told(&mut owner).is_empty());
    owner.run(&spend("9"));
    assert_eq!(told(&mut owner), ["P|warning"]);
}

/// Two sessions, each of which stays below the threshold as it sees it.
fn reach_it_together(database: &Database) -> Session {
    let mut owner = owner_of_hub(database);
    owner.run("update budget_limits set action_on_exceed = 'warn'");
    owner.run(&spend("1"));
    let (mut one, mut other) = (database.owner(), database.owner());
    one.run(&format!("begin; {}", spend("4")));
    other.run(&format!("begin; {}", spend("4")));
    one.run("commit");
    other.run("commit");
    assert!(told(&mut owner).is_empty());
    owner
}

fn what_several_reach_together_is_told_by_the_next(database: &Database) {
    let mut owner = reach_it_together(database);
    owner.run(&spend("0.01"));
    owner.run(&spend("0.01"));
    assert_eq!(told(&mut owner), ["P|warning"]);
    assert_eq!(
        owner.value("select steward.sweep_budgets('budget_limits')"),
        "0"
    );
}

fn what_several_reach_together_is_told_by_the_sweep(database: &Database) {
    let mut owner = reach_it_together(database);
    assert_eq!(
        owner.value("select steward.sweep_budgets('budget_limits')"),
        "1"
    );
    assert_eq!(
        owner.value("select steward.sweep_budgets('budget_limits')"),
        "0"
    );
    owner.run(&spend("0.01"));
    assert_eq!(told(&mut owner), ["P|warning"]);
}

fn who_finds_another_telling_does_not_wait(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("update budget_limits set action_on_exceed = 'warn'");
    let mut other = database.owner();
    other.run(&format!("begin; {}", spend("9")));
    owner.run("set lock_timeout = '2s'");
    owner.run(&spend("9"));
    assert!(told(&mut owner).is_empty());
    other.run("rollback");
    owner.run(&spend("0.01"));
    assert_eq!(told(&mut owner), ["P|warning"]);
}

fn late_rows_only_warn(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&METER.replace("notify", "max_clock_skew => null, notify"));
    owner.run(&format!(
        "insert into token_usage (timestamp, project_id, cost_usd) values ('2026-01-15', '{P}', 11)"
    ));
    assert_eq!(told(&mut owner), ["P|warning", "P|critical"]);
    owner.run(&spend("1"));
    assert_counters_agree(&mut owner);
}

fn what_was_reached_before_there_was_a_budget(database: &Database) {
    let sweep = "select steward.sweep_budgets('budget_limits')";
    let mut owner = owner_of_hub(database);
    owner.run("delete from budget_limits");
    owner.run(&spend("9"));
    budget(&mut owner, "P", &format!("project {P}"), "10", "warn");
    assert_eq!(owner.value(sweep), "1");
    assert_eq!(told(&mut owner), ["P|warning"]);
    owner.run(
        "update budget_limits set amount_usd = 5; select steward.rebuild_budgets('budget_limits')",
    );
    assert_eq!(owner.value(sweep), "1");
    assert_eq!(owner.value(sweep), "0");
    assert_eq!(told(&mut owner), ["P|warning", "P|critical"]);
    assert_counters_agree(&mut owner);
}
