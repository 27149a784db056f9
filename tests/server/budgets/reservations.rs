//! `reserve`, `settle`, `release`: what is held cannot be spent by others, and is given back by itself.

use steward_tests::{Database, Session, tests};

use super::{METER, P, Q, assert_counters_agree, budget, counted, owner_of_hub, spend};

tests![
    what_is_held_cannot_be_spent_by_others,
    usage_that_names_it_takes_its_cost_out_of_it,
    the_transaction_can_name_it,
    what_goes_beyond_is_charged_as_all_usage,
    settle_and_release,
    the_same_key_gets_the_same_answer,
    two_refusals,
    expiry_needs_no_sweeper,
    in_all_budgets_or_in_none,
    a_hold_is_bound_to_its_window,
    a_rollback_takes_it_back,
    questions_answer,
    wrong_arguments,
    in_the_middle_of_a_statement,
    a_budget_that_changes_keeps_what_is_held,
];

fn reserve_as(session: &mut Session, amount: &str, more: &str) -> String {
    session.value(&format!(
        "select verdict, coalesce(reservation::text, refused_by) from steward.reserve('budget_limits', '{{\"project\": \"{P}\"}}', {amount}{more})"
    ))
}

fn reserve(session: &mut Session, amount: &str) -> String {
    let answer = reserve_as(session, amount, "");
    answer.strip_prefix("granted|").expect("granted").to_owned()
}

fn spend_reserved(cost: &str, reservation: &str) -> String {
    format!(
        "insert into token_usage (project_id, cost_usd, reservation) values ('{P}', {cost}, '{reservation}')"
    )
}

fn what_is_held_cannot_be_spent_by_others(database: &Database) {
    let mut owner = owner_of_hub(database);
    reserve(&mut owner, "6");
    assert_eq!(counted(&mut owner, "P"), "0.00|6.00");
    let refusal = owner.refusal(&spend("5"));
    assert!(
        refusal
            .detail()
            .unwrap_or_default()
            .ends_with("spent 0.00, held 6.00, asked 5.00.")
    );
    owner.run(&spend("4"));
    assert_counters_agree(&mut owner);
}

fn usage_that_names_it_takes_its_cost_out_of_it(database: &Database) {
    let mut owner = owner_of_hub(database);
    let reservation = reserve(&mut owner, "6");
    owner.run(&spend("4"));
    owner.run(&spend_reserved("2", &reservation));
    assert_eq!(counted(&mut owner, "P"), "6.00|4.00");
    owner.run(&format!(
        "insert into token_usage (project_id, cost_usd, reservation) values ('{P}', 1, '{reservation}'), ('{P}', 3, '{reservation}')"
    ));
    assert_eq!(counted(&mut owner, "P"), "10.00|0.00");
    owner.refusal(&spend_reserved("1", &reservation));
    // Another project's usage takes nothing out of it.
    let again = {
        owner.run("delete from token_usage");
        reserve(&mut owner, "6")
    };
    owner.run(&spend_reserved("2", &again).replace(P, Q));
    assert_eq!(counted(&mut owner, "P"), "0.00|6.00");
    assert_counters_agree(&mut owner);
}

fn the_transaction_can_name_it(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("select steward.meter_usage('token_usage')");
    let reservation = reserve(&mut owner, "10");
    owner.refusal(&spend("1"));
    owner.run(&format!(
        "begin; set local steward.reservation = '{reservation}'; {}; commit",
        spend("1")
    ));
    assert_eq!(counted(&mut owner, "P"), "1.00|9.00");
    owner.run(&format!("begin; set local steward.reservation = '{reservation}'; update token_usage set cost_usd = 3; commit"));
    assert_eq!(counted(&mut owner, "P"), "3.00|7.00");
    owner.refusal(&spend("1"));
    assert_counters_agree(&mut owner);
}

fn what_goes_beyond_is_charged_as_all_usage(database: &Database) {
    let mut owner = owner_of_hub(database);
    let reservation = reserve(&mut owner, "4");
    owner.refusal(&spend_reserved("10.01", &reservation));
    owner.run(&spend_reserved("10", &reservation));
    assert_eq!(counted(&mut owner, "P"), "10.00|0.00");
    assert_counters_agree(&mut owner);
}

fn settle_and_release(database: &Database) {
    let mut owner = owner_of_hub(database);
    let reservation = reserve(&mut owner, "6");
    owner.run(&spend_reserved("2", &reservation));
    let settle = format!("select steward.settle('{reservation}')");
    assert_eq!(owner.value(&settle), "4.00");
    assert_eq!(counted(&mut owner, "P"), "2.00|0.00");
    assert_eq!(owner.value(&settle), "4.00");
    owner.run(&spend_reserved("1", &reservation));
    assert_eq!(counted(&mut owner, "P"), "3.00|0.00");
    let other = reserve(&mut owner, "7");
    assert_eq!(
        owner.value(&format!(
            "select steward.release('{other}', 'budget_limits')"
        )),
        "7.00"
    );
    assert_eq!(
        owner.value(&format!("select steward.release('{other}')")),
        "7.00"
    );
    assert_eq!(
        owner.sqlstate(&format!("select steward.settle('{P}')")),
        "P0002"
    );
    assert_eq!(
        owner.rows("select state from budget_limits_reservations order by reserved_at"),
        ["settled", "released"]
    );
    assert_counters_agree(&mut owner);
}

fn the_same_key_gets_the_same_answer(database: &Database) {
    let mut owner = owner_of_hub(database);
    let key = ", '10 minutes', 'one'";
    let first = reserve_as(&mut owner, "6", key);
    assert!(first.starts_with("granted|"));
    assert_eq!(reserve_as(&mut owner, "6.0", key), first);
    assert_eq!(counted(&mut owner, "P"), "0.00|6.00");
    for other in [
        format!("'{{\"project\": \"{P}\"}}', 5, '10 minutes', 'one'"),
        format!("'{{\"project\": \"{Q}\"}}', 6, '10 minutes', 'one'"),
        format!("'{{\"project\": \"{P}\"}}', 6, '11 minutes', 'one'"),
    ] {
        let sqlstate = owner.sqlstate(&format!("select steward.reserve('budget_limits', {other})"));
        assert_eq!(sqlstate, "22023", "{other}");
    }
    assert_eq!(
        reserve_as(&mut owner, "6", ", '10 minutes', 'two'"),
        "does not fit now|P"
    );
    owner.run(
        "select steward.release(reservation) from budget_limits_reservations where state = 'open'",
    );
    assert_eq!(
        reserve_as(&mut owner, "6", ", '10 minutes', 'two'"),
        "does not fit now|P"
    );
    assert_eq!(reserve_as(&mut owner, "6", key), first);
    // Two at the same time: the second waits, and gets the answer of the first.
    let mut other = database.owner();
    other.run("begin");
    let answer = reserve_as(&mut other, "1", ", '10 minutes', 'three'");
    let waiting = database.owner().start(&format!(
        "select steward.reserve('budget_limits', '{{\"project\": \"{P}\"}}', 1, '10 minutes', 'three')"
    ));
    waiting.until_blocked(&mut owner);
    other.run("commit");
    assert!(waiting.finish().1.is_ok());
    assert_eq!(
        reserve_as(&mut owner, "1", ", '10 minutes', 'three'"),
        answer
    );
    assert_eq!(counted(&mut owner, "P"), "0.00|1.00");
    assert_counters_agree(&mut owner);
}

fn two_refusals(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("5"));
    assert_eq!(reserve_as(&mut owner, "6", ""), "does not fit now|P");
    assert_eq!(reserve_as(&mut owner, "10.01", ""), "can never fit|P");
    assert_eq!(
        owner.value("select sum(refused) from budget_limits_counters"),
        "2"
    );
    assert!(reserve_as(&mut owner, "5", "").starts_with("granted|"));
    assert_counters_agree(&mut owner);
}

fn expiry_needs_no_sweeper(database: &Database) {
    let mut owner = owner_of_hub(database);
    let expired = reserve_as(&mut owner, "8", ", '100 ms'");
    let expired = expired.strip_prefix("granted|").expect("granted");
    owner.refusal(&spend("5"));
    owner.run("select pg_sleep(0.11)");
    // What comes late is charged as all usage is, and finds the room that others have left.
    owner.run(&spend("5"));
    assert_eq!(counted(&mut owner, "P"), "5.00|0.00");
    owner.refusal(&spend_reserved("6", expired));
    owner.run(&spend_reserved("1", expired));
    assert_eq!(
        owner.value(&format!("select steward.settle('{expired}')")),
        "0.00"
    );
    reserve_as(&mut owner, "3", ", '1 ms'");
    owner.run("select pg_sleep(0.002); select steward.sweep_budgets('budget_limits')");
    assert_eq!(counted(&mut owner, "P"), "6.00|0.00");
    assert_eq!(owner.value("select count(*) from budget_limits_holds"), "0");
    // A reservation takes the place of one that was held too long.
    reserve_as(&mut owner, "4", ", '1 ms'");
    owner.run("select pg_sleep(0.002)");
    assert!(reserve_as(&mut owner, "4", "").starts_with("granted|"));
    assert_counters_agree(&mut owner);
}

fn in_all_budgets_or_in_none(database: &Database) {
    let mut owner = owner_of_hub(database);
    budget(&mut owner, "all", "global", "5", "block");
    budget(&mut owner, "watched", "global", "1", "warn");
    assert_eq!(reserve_as(&mut owner, "6", ""), "can never fit|all");
    owner.run("update budget_limits set amount_usd = 8 where name = 'all'");
    owner.run(&spend("3").replace(P, Q));
    assert_eq!(reserve_as(&mut owner, "6", ""), "does not fit now|all");
    for name in ["P", "all", "watched"] {
        assert!(counted(&mut owner, name).ends_with("|0.00"), "{name}");
    }
    let reservation = reserve(&mut owner, "5");
    for name in ["P", "all", "watched"] {
        assert!(counted(&mut owner, name).ends_with("|5.00"), "{name}");
    }
    owner.run(&spend_reserved("5", &reservation));
    for name in ["P", "all", "watched"] {
        assert!(counted(&mut owner, name).ends_with("|0.00"), "{name}");
    }
    assert_counters_agree(&mut owner);
}

fn a_hold_is_bound_to_its_window(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&METER.replace("notify", "max_clock_skew => null, notify"));
    let reservation = reserve(&mut owner, "6");
    owner.run(&format!(
        "insert into token_usage (timestamp, project_id, cost_usd, reservation) values (now() + interval '40 days', '{P}', 6, '{reservation}')"
    ));
    assert_eq!(counted(&mut owner, "P"), "6.00|6.00");
    assert_counters_agree(&mut owner);
}

fn a_rollback_takes_it_back(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("begin");
    reserve(&mut owner, "6");
    owner.run("rollback");
    let reservation = reserve(&mut owner, "10");
    owner.run(&format!(
        "begin; {}; rollback",
        spend_reserved("4", &reservation)
    ));
    assert_eq!(counted(&mut owner, "P"), "0.00|10.00");
    owner.run(&format!(
        "begin; {}; savepoint s; select steward.settle('{reservation}'); rollback to s; commit",
        spend_reserved("4", &reservation)
    ));
    assert_eq!(counted(&mut owner, "P"), "4.00|6.00");
    assert_counters_agree(&mut owner);
}

fn questions_answer(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("3"));
    reserve(&mut owner, "2");
    budget(&mut owner, "all", "global", "4", "warn");
    let check = |amount: &str| {
        format!(
            "select name, fits, allowed, budget_limit, spent, held, remaining from steward.check_budget('budget_limits', '{{\"project\": \"{P}\"}}', {amount}) order by 1 desc"
        )
    };
    assert_eq!(
        owner.rows(&check("5")),
        ["all|f|t|4.00|3.00|0.00|1.00", "P|t|t|10.00|3.00|2.00|5.00"]
    );
    assert_eq!(owner.rows(&check("5.01"))[1], "P|f|f|10.00|3.00|2.00|5.00");
    // A standby, and a READ ONLY transaction, can ask.
    owner.run("begin read only");
    assert_eq!(
        owner.rows("select name, scope_type, spent, held, remaining, percent, state, projected >= 3 from steward.budget_status('budget_limits') order by 1 desc"),
        ["all|global|3.00|0.00|1.00|75|ok|t", "P|project|3.00|2.00|5.00|30|ok|t"]
    );
    owner.run("commit");
    owner.run(&spend("2"));
    assert_eq!(
        owner
            .rows("select name, state from steward.budget_status('budget_limits') order by 1 desc"),
        ["all|exceeded", "P|ok"]
    );
    owner.run(&spend("3"));
    assert_eq!(
        owner.rows("select name, percent, state from steward.budget_status('budget_limits') order by 1 desc"),
        ["all|200|exceeded", "P|80|exhausted"]
    );
    assert_eq!(owner.value("select spent from steward.budget_status('budget_limits', now() - interval '40 days') where name = 'P'"), "0.00");
}

fn wrong_arguments(database: &Database) {
    let mut owner = owner_of_hub(database);
    for (call, sqlstate) in [
        ("reserve('budget_limits', '{}', -1)", "22023"),
        ("reserve('budget_limits', '{}', 'NaN')", "22023"),
        ("reserve('budget_limits', '{}', null)", "22023"),
        ("reserve('budget_limits', '{}', 1, null)", "22023"),
        ("reserve('budget_limits', '{}', 1, '-1 s')", "22023"),
        (
            "reserve('budget_limits', '{\"planet\": \"x\"}', 1)",
            "22023",
        ),
        (
            "reserve('budget_limits', '{\"project\": \"x\"}', 1)",
            "22P02",
        ),
        ("reserve('budget_limits', '[]', 1)", "22023"),
        ("reserve('projects', '{}', 1)", "42704"),
        ("check_budget('projects', '{}', 1)", "42704"),
        ("budget_status(null)", "22023"),
        ("verify_budgets('projects')", "42704"),
        ("settle(null)", "22023"),
    ] {
        let refusal = owner.refusal(&format!("select steward.{call}"));
        assert_eq!(refusal.sqlstate(), sqlstate, "{call}: {refusal}");
    }
}

fn in_the_middle_of_a_statement(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(
        "create function ask() returns trigger language plpgsql as $$ begin
            perform steward.reserve('budget_limits', '{}', 1);
            return new;
        end $$;
        create trigger ask before insert on token_usage for each row execute function ask()",
    );
    assert_eq!(owner.sqlstate(&spend("1")), "55000");
}

fn a_budget_that_changes_keeps_what_is_held(database: &Database) {
    let mut owner = owner_of_hub(database);
    let reservation = reserve(&mut owner, "6");
    owner.run("update budget_limits set amount_usd = 7");
    owner.refusal(&spend("2"));
    owner.run("select steward.rebuild_budgets('budget_limits')");
    owner.refusal(&spend("2"));
    owner.run(&spend("1"));
    assert_eq!(counted(&mut owner, "P"), "1.00|6.00");
    owner.run("select steward.rebuild_budgets('budget_limits')");
    owner.run(&spend_reserved("2", &reservation));
    assert_eq!(counted(&mut owner, "P"), "3.00|4.00");
    owner.run("select steward.rebuild_budgets('budget_limits')");
    owner.run(&format!("select steward.settle('{reservation}')"));
    assert_counters_agree(&mut owner);
    owner.run(&spend("4"));
    owner.refusal(&spend("0.01"));
    assert_counters_agree(&mut owner);
}
