//! What a row is charged to, and what is refused.

use steward_tests::{Database, tests};

use super::{A, METER, P, Q, assert_counters_agree, budget, counted, owner_of_hub, spend};

tests![
    the_limit_can_be_reached_and_not_passed,
    without_the_triggers_it_can_be_passed,
    every_budget_that_a_row_falls_under_is_charged,
    a_refusal_leaves_nothing_of_its_statement,
    what_is_no_cost_is_refused,
    what_is_no_time_is_refused,
    refunds_where_they_are_allowed,
    budgets_of_tokens,
];

fn the_limit_can_be_reached_and_not_passed(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("4"));
    owner.run(&spend("6"));
    let refusal = owner.refusal(&spend("0.000001"));
    assert_eq!(refusal.sqlstate(), "23514");
    assert_eq!(refusal.constraint(), Some("P"));
    assert_eq!(refusal.message(), "budget 'P' would be exceeded");
    let detail = refusal.detail().unwrap_or_default();
    assert!(detail.starts_with("Window monthly from "), "{detail}");
    assert!(
        detail.ends_with(": limit 10.00, spent 10.00, held 0.00, asked 0.000001."),
        "{detail}"
    );
    assert_eq!(counted(&mut owner, "P"), "10.00|0.00");
    owner.run(&spend("0"));
    assert_counters_agree(&mut owner);
}

/// The control: without the rule nothing is refused, and the check says so.
fn without_the_triggers_it_can_be_passed(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("4"));
    owner.run("alter table token_usage disable trigger user");
    owner.run(&spend("7"));
    owner.run("alter table token_usage enable trigger user");
    assert_eq!(
        owner.rows("select problem, detail from steward.verify_budgets('budget_limits')"),
        ["spent|counted 4.00, in the rows 11.000000000000"]
    );
    assert_eq!(
        owner.value("select steward.rebuild_budgets('budget_limits')"),
        "1"
    );
    assert_counters_agree(&mut owner);
    owner.refusal(&spend("1"));
    assert_eq!(
        owner.value("select spent, state from steward.budget_status('budget_limits')"),
        "11.00|exceeded"
    );
}

fn every_budget_that_a_row_falls_under_is_charged(database: &Database) {
    let mut owner = owner_of_hub(database);
    budget(&mut owner, "all", "global", "100", "warn");
    budget(&mut owner, "A", &format!("agent {A}"), "100", "block");
    budget(&mut owner, "coder", "agent_type coder", "100", "block");
    budget(&mut owner, "tester", "agent_type tester", "100", "block");
    budget(&mut owner, "P too", &format!("project {P}"), "100", "warn");
    owner.run(&format!(
        "insert into token_usage (project_id, agent_id, agent_type, cost_usd) values ('{P}', '{A}', 'coder', 1), ('{Q}', '{A}', null, 2);
         insert into token_usage (cost_usd) values (4)"
    ));
    let figures =
        ["all", "P", "P too", "A", "coder", "tester"].map(|name| counted(&mut owner, name));
    assert_eq!(
        figures,
        [
            "7.00|0.00",
            "1.00|0.00",
            "1.00|0.00",
            "3.00|0.00",
            "1.00|0.00",
            "0.00|0.00"
        ]
    );
    assert_counters_agree(&mut owner);
}

fn a_refusal_leaves_nothing_of_its_statement(database: &Database) {
    let mut owner = owner_of_hub(database);
    budget(&mut owner, "all", "global", "100", "warn");
    owner.refusal(&format!(
        "insert into token_usage (project_id, cost_usd) values ('{P}', 5), ('{Q}', 1), ('{P}', 6)"
    ));
    assert_eq!(owner.value("select count(*) from token_usage"), "0");
    assert_eq!(counted(&mut owner, "all"), "0.00|0.00");
    // The transaction goes on where there is a savepoint.
    owner.run(&format!("begin; {}; savepoint s", spend("5")));
    owner.refusal(&spend("6"));
    owner.run(&format!("rollback to s; {}; commit", spend("5")));
    assert_eq!(counted(&mut owner, "P"), "10.00|0.00");
    assert_counters_agree(&mut owner);
}

fn what_is_no_cost_is_refused(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("alter table token_usage alter cost_usd type numeric");
    for (cost, sqlstate) in [
        ("null", "23502"),
        ("'NaN'", "23514"),
        ("'Infinity'", "23514"),
        ("'-Infinity'", "23514"),
        ("-0.000001", "23514"),
        ("0.0000000000001", "22003"),
        ("1e30", "22003"),
    ] {
        let refusal = owner.refusal(&spend(cost));
        assert_eq!(refusal.sqlstate(), sqlstate, "{cost}: {refusal}");
    }
    let refusal = owner.refusal(&spend("-1"));
    assert_eq!(
        refusal.to_string(),
        "23514: the cost of usage in public.token_usage is negative\n\
         HINT: To book refunds, attach again with refunds => true.\n\
         SCHEMA: public\nTABLE: token_usage\nCOLUMN: cost_usd\nCONSTRAINT: token_usage_cost_usd_valid"
    );
    owner.run(&spend("0.000000000001"));
    owner.refusal("update token_usage set cost_usd = 'NaN'");
    assert_counters_agree(&mut owner);
}

fn what_is_no_time_is_refused(database: &Database) {
    let mut owner = owner_of_hub(database);
    let at = |time: &str| {
        format!(
            "insert into token_usage (timestamp, project_id, cost_usd) values ({time}, '{P}', 1)"
        )
    };
    for (time, sqlstate) in [
        ("null", "23502"),
        ("'infinity'", "23514"),
        ("'-infinity'", "23514"),
        ("now() - interval '61 minutes'", "23514"),
        ("now() + interval '61 minutes'", "23514"),
    ] {
        assert_eq!(owner.sqlstate(&at(time)), sqlstate, "{time}");
    }
    owner.run(&at("now() - interval '1 second'"));
    owner.refusal("update token_usage set timestamp = timestamp - interval '2 hours'");
    // Old rows can be corrected.
    owner.run("alter table token_usage disable trigger user; update token_usage set timestamp = timestamp - interval '2 hours';
        alter table token_usage enable trigger user");
    owner.run("select steward.rebuild_budgets('budget_limits')");
    owner.run("update token_usage set cost_usd = 2; delete from token_usage");
    assert_counters_agree(&mut owner);
}

fn refunds_where_they_are_allowed(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&METER.replace("notify", "refunds => true, notify"));
    owner.run(&spend("10"));
    owner.run(&spend("-3"));
    owner.run(&spend("3"));
    owner.refusal(&spend("0.01"));
    assert_counters_agree(&mut owner);
}

/// Anything that is counted in whole numbers is a cost.
fn budgets_of_tokens(database: &Database) {
    let mut owner = database.owner();
    owner.run(
        "create table calls (at timestamptz not null default now(), team integer, tokens bigint not null);
         create index on calls (at);
         create table quotas (no bigint primary key, kind text, scope_team integer, tokens integer, every text);
         insert into quotas values (1, 'team', 7, 1000, 'daily');
         select steward.meter_usage('calls', limits => 'quotas', cost => 'tokens', at => 'at', scopes => '{\"team\": \"team\"}',
             columns => '{\"key\": \"no\", \"scope_type\": \"kind\", \"scope_id\": \"scope_team\", \"amount\": \"tokens\", \"period\": \"every\"}');
         insert into calls (team, tokens) values (7, 1500), (8, 1)",
    );
    assert_eq!(
        owner.value("select budget, name, spent, state from steward.budget_status('quotas')"),
        "1|1|1500.00|exceeded"
    );
    assert!(
        owner
            .rows("select * from steward.verify_budgets('quotas')")
            .is_empty()
    );
}
