//! Budgets that are made, changed and dropped in the middle of a window.

use steward_tests::{Database, tests};

use super::{P, Q, assert_counters_agree, budget, counted, owner_of_hub, spend};

tests![
    a_new_budget_counts_what_is_there,
    a_limit_that_is_changed,
    another_scope_period_or_action,
    inactive_budgets,
    a_budget_that_is_dropped,
    changes_that_are_rolled_back,
    another_session_hears_of_it,
    a_change_waits_for_those_who_charge,
    values_that_no_budget_can_have,
];

fn a_new_budget_counts_what_is_there(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("6"));
    budget(&mut owner, "all", "global", "8", "block");
    assert_eq!(owner.refusal(&spend("3")).constraint(), Some("all"));
    owner.run(&spend("2"));
    budget(&mut owner, "late", "global", "3", "block");
    owner.refusal(&format!(
        "insert into token_usage (project_id, cost_usd) values ('{Q}', 0.01)"
    ));
    assert_counters_agree(&mut owner);
}

fn a_limit_that_is_changed(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("6"));
    owner.run("update budget_limits set amount_usd = 7");
    owner.refusal(&spend("1.5"));
    owner.run(&spend("1"));
    owner.run("update budget_limits set amount_usd = 5");
    owner.refusal(&spend("0.01"));
    owner.run("delete from token_usage where cost_usd = 6");
    owner.run(&spend("4"));
    owner.refusal(&spend("0.01"));
    assert_counters_agree(&mut owner);
}

fn another_scope_period_or_action(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("9"));
    owner.run(&format!(
        "insert into token_usage (project_id, cost_usd) values ('{Q}', 3)"
    ));
    owner.run(&format!("update budget_limits set scope_id = '{Q}'"));
    owner.run(&spend("9"));
    owner.refusal(&format!(
        "insert into token_usage (project_id, cost_usd) values ('{Q}', 8)"
    ));
    owner.run("update budget_limits set scope_type = 'global', scope_id = null, period = 'weekly', action_on_exceed = 'warn'");
    owner.run(&spend("9"));
    assert_eq!(counted(&mut owner, "P"), "30.00|0.00");
    owner.run("update budget_limits set action_on_exceed = 'block'");
    owner.refusal(&spend("0.01"));
    owner.run("update budget_limits set amount_usd = 40");
    owner.run(&spend("10"));
    owner.refusal(&spend("0.01"));
    assert_counters_agree(&mut owner);
}

fn inactive_budgets(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("9"));
    owner.run("update budget_limits set is_active = false");
    owner.run(&spend("5"));
    owner.run("update budget_limits set is_active = true");
    owner.refusal(&spend("1"));
    assert_eq!(
        owner.value("select spent from steward.budget_status('budget_limits')"),
        "14.00"
    );
    assert_counters_agree(&mut owner);
}

fn a_budget_that_is_dropped(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("9"));
    owner.run("delete from budget_limits");
    owner.run(&spend("9"));
    assert_eq!(
        owner.value("select count(*) from budget_limits_counters"),
        "0"
    );
    budget(&mut owner, "again", &format!("project {P}"), "10", "block");
    owner.refusal(&spend("1"));
    owner.run("truncate budget_limits");
    owner.run(&spend("9"));
    assert_counters_agree(&mut owner);
}

fn changes_that_are_rolled_back(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("9"));
    owner.run("begin; savepoint s; update budget_limits set amount_usd = 100");
    owner.run(&spend("50"));
    owner.run("rollback to s");
    owner.refusal(&spend("2"));
    owner.run("rollback to s; delete from budget_limits");
    owner.run(&spend("50"));
    owner.run("rollback");
    owner.refusal(&spend("2"));
    owner.run(&spend("1"));
    assert_counters_agree(&mut owner);
}

fn another_session_hears_of_it(database: &Database) {
    let mut owner = owner_of_hub(database);
    let mut other = database.owner();
    other.run(&spend("1"));
    owner.run("update budget_limits set amount_usd = 3, name = 'three'");
    assert_eq!(other.refusal(&spend("3")).constraint(), Some("three"));
    // Also in a transaction whose snapshot is older.
    other.run("begin isolation level repeatable read; select * from token_usage");
    owner.run("update budget_limits set amount_usd = 2");
    assert_eq!(other.refusal(&spend("1.5")).constraint(), Some("three"));
    other.run("rollback");
}

fn a_change_waits_for_those_who_charge(database: &Database) {
    let mut owner = owner_of_hub(database);
    let mut other = database.owner();
    other.run(&format!("begin; {}", spend("6")));
    let change = database.owner().start(
        "insert into budget_limits (name, scope_type, amount_usd, period, action_on_exceed) values ('all', 'global', 10, 'monthly', 'block')",
    );
    change.until_blocked(&mut owner);
    other.run("commit");
    assert!(change.finish().1.is_ok());
    assert_eq!(
        owner
            .refusal(&format!(
                "insert into token_usage (project_id, cost_usd) values ('{Q}', 5)"
            ))
            .constraint(),
        Some("all")
    );
    assert_counters_agree(&mut owner);
}

fn values_that_no_budget_can_have(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("alter table budget_limits drop constraint budget_limits_period_check, alter amount_usd type numeric");
    for (change, constraint) in [
        ("amount_usd = 'NaN'", "budget_limits_amount"),
        ("amount_usd = 'infinity'", "budget_limits_amount"),
        ("amount_usd = -1", "budget_limits_amount"),
        ("period = 'hourly'", "budget_limits_period"),
    ] {
        let refusal = owner.refusal(&format!("update budget_limits set {change}"));
        assert_eq!(refusal.sqlstate(), "23514", "{change}");
        assert_eq!(refusal.constraint(), Some(constraint), "{change}");
    }
    owner.run("update budget_limits set amount_usd = 0");
    owner.refusal(&spend("0.000001"));
    owner.run(&spend("0"));
}
