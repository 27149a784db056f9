//! Sessions that write at the same time: who waits for whom, and what is let through.

use steward_tests::{Database, tests};

use super::{P, Q, assert_counters_agree, budget, counted, owner_of_hub, spend};

tests![
    who_only_warns_makes_nobody_wait,
    who_blocks_makes_others_wait_once,
    what_is_left_is_gathered_from_all_slots,
    an_older_snapshot_sees_what_is_spent,
    opposite_orders_end_in_a_deadlock_at_worst,
    a_statement_that_is_cancelled,
    a_refusal_waits_for_who_may_roll_back,
    many_windows_are_charged_one_after_the_other,
    giving_back_and_charging_take_the_same_way,
    who_waits_holds_no_slot_that_is_gone,
];

const LEVELS: [&str; 3] = ["read committed", "repeatable read", "serializable"];

fn who_only_warns_makes_nobody_wait(database: &Database) {
    for level in LEVELS {
        let database = database.create_another().expect("a database");
        let mut owner = owner_of_hub(&database);
        owner.run("update budget_limits set action_on_exceed = 'warn'");
        let mut sessions: Vec<_> = (0..5).map(|_| database.owner()).collect();
        // The first look at the window is nobody's to wait for either.
        for session in &mut sessions {
            session.run("set lock_timeout = '2s'");
            session.run(&format!("begin isolation level {level}; {}", spend("1")));
        }
        for session in &mut sessions {
            session.run(&spend("2"));
        }
        sessions[0].run("rollback");
        for session in &mut sessions[1..] {
            session.run("commit");
        }
        owner.run(&spend("1"));
        assert_eq!(counted(&mut owner, "P"), "13.00|0.00", "{level}");
        assert_counters_agree(&mut owner);
    }
}

fn who_blocks_makes_others_wait_once(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("update budget_limits set amount_usd = 1000");
    owner.run(&spend("1"));
    let mut first = database.owner();
    first.run(&format!("begin; {}", spend("1")));
    let waiting = database.owner().start(&spend("1"));
    waiting.until_blocked(&mut owner);
    first.run("commit");
    let (mut second, result) = waiting.finish();
    assert!(result.is_ok());
    assert_eq!(
        owner.value("select count(*), sum(share)::int from budget_limits_counters"),
        "2|1000"
    );
    // From now on there is a slot for each of the two.
    second.run("set lock_timeout = '2s'");
    first.run(&format!("begin; {}", spend("1")));
    second.run(&spend("1"));
    first.run("commit");
    assert_counters_agree(&mut owner);
}

/// A budget of 100 in several slots.
fn divided(database: &Database) -> steward_tests::Session {
    let mut owner = owner_of_hub(database);
    owner.run("update budget_limits set amount_usd = 100");
    owner.run(&spend("1"));
    for _ in 0..3 {
        let mut sessions: Vec<_> = (0..4).map(|_| database.owner()).collect();
        let mut first = sessions.pop().expect("a session");
        first.run(&format!("begin; {}", spend("0.01")));
        let waiting: Vec<_> = sessions
            .into_iter()
            .map(|session| session.start(&spend("0.01")))
            .collect();
        std::thread::sleep(std::time::Duration::from_millis(50));
        first.run("commit");
        for session in waiting {
            assert!(session.finish().1.is_ok());
        }
    }
    assert!(owner.holds("select count(*) > 1 and sum(share) = 100 from budget_limits_counters"));
    owner
}

fn what_is_left_is_gathered_from_all_slots(database: &Database) {
    let mut owner = divided(database);
    let left = owner.value("select remaining from steward.budget_status('budget_limits')");
    owner.refusal(&spend(&format!("{left} + 0.000001")));
    owner.run(&spend(&left));
    owner.refusal(&spend("0.000001"));
    owner.run("update token_usage set cost_usd = 0.5 where cost_usd = 1");
    owner.run(&spend("0.5"));
    owner.refusal(&spend("0.000001"));
    assert_counters_agree(&mut owner);
}

fn an_older_snapshot_sees_what_is_spent(database: &Database) {
    let mut owner = owner_of_hub(database);
    for level in LEVELS {
        owner.run("delete from token_usage");
        let mut old = database.owner();
        old.run(&format!(
            "begin isolation level {level}; select count(*) from token_usage"
        ));
        owner.run(&spend("6"));
        let refusal = old.refusal(&spend("6"));
        assert_eq!(refusal.constraint(), Some("P"), "{level}");
        old.run(&format!(
            "rollback; begin isolation level {level}; select count(*) from token_usage"
        ));
        owner.run(&spend("1"));
        old.run(&format!("{}; commit", spend("3")));
        assert_eq!(counted(&mut owner, "P"), "10.00|0.00", "{level}");
    }
    assert_counters_agree(&mut owner);
}

fn opposite_orders_end_in_a_deadlock_at_worst(database: &Database) {
    let mut owner = owner_of_hub(database);
    budget(&mut owner, "Q", &format!("project {Q}"), "10", "block");
    owner.run(&format!("{}; {}", spend("0.1"), spend("0.1").replace(P, Q)));
    let mut one = database.owner();
    let mut other = database.owner();
    one.run(&format!("begin; {}", spend("1")));
    other.run(&format!("begin; {}", spend("1").replace(P, Q)));
    let one = one.start(&format!("{}; commit", spend("1").replace(P, Q)));
    one.until_blocked(&mut owner);
    let other = other.start(&format!("{}; commit", spend("1")));
    let results = [one.finish().1, other.finish().1];
    let failed: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].sqlstate(), "40P01");
    // Within one statement they are charged in one order.
    let both = |first: &str, second: &str| {
        format!(
            "insert into token_usage (project_id, cost_usd) values ('{first}', 0.01), ('{second}', 0.01)"
        )
    };
    let sessions: Vec<_> = (0..8)
        .map(|number| {
            let statement = if number % 2 == 0 {
                both(P, Q)
            } else {
                both(Q, P)
            };
            database.owner().start(&vec![statement; 40].join(";"))
        })
        .collect();
    for session in sessions {
        assert!(session.finish().1.is_ok());
    }
    assert_counters_agree(&mut owner);
}

fn a_statement_that_is_cancelled(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("1"));
    let mut first = database.owner();
    first.run(&format!("begin; {}", spend("1")));
    let mut second = database.owner();
    second.run("set statement_timeout = '200ms'");
    assert_eq!(second.sqlstate(&spend("1")), "57014");
    second.run("begin; savepoint s");
    assert_eq!(second.sqlstate(&spend("1")), "57014");
    second.run("rollback to s");
    first.run("commit");
    second.run(&format!("{}; commit", spend("1")));
    assert_eq!(counted(&mut owner, "P"), "3.00|0.00");
    assert_counters_agree(&mut owner);
}

/// What is under way may be taken back: so it is no reason to refuse.
fn a_refusal_waits_for_who_may_roll_back(database: &Database) {
    let mut owner = divided(database);
    let mut first = database.owner();
    first.run(&format!("begin; {}", spend("90")));
    let waiting = database.owner().start(&spend("50"));
    waiting.until_blocked(&mut owner);
    first.run("rollback");
    assert!(waiting.finish().1.is_ok());
    first.run(&format!("begin; {}", spend("40")));
    let waiting = database.owner().start(&spend("40"));
    waiting.until_blocked(&mut owner);
    first.run("commit");
    let refusal = waiting.finish().1.expect_err("it does not fit");
    assert_eq!(refusal.constraint(), Some("P"));
    assert_counters_agree(&mut owner);
}

/// So many that nobody else may charge: who wants that keeps nothing that another one waits for.
fn many_windows_are_charged_one_after_the_other(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(
        "alter table token_usage drop constraint token_usage_project_id_fkey;
         insert into budget_limits (name, scope_type, scope_id, amount_usd, period, action_on_exceed)
         select 'P' || i, 'project', ('00000000-0000-0000-0001-' || lpad(i::text, 12, '0'))::uuid, 100, 'monthly', 'block'
         from generate_series(1, 300) as i",
    );
    let bulk =
        "insert into token_usage (project_id, cost_usd) select scope_id, 0.01 from budget_limits";
    let sessions: Vec<_> = (0..6)
        .map(|_| {
            database
                .owner()
                .start(&[bulk, bulk, bulk].join("; commit; "))
        })
        .collect();
    for session in sessions {
        let (_, result) = session.finish();
        assert!(result.is_ok(), "{result:?}");
    }
    assert_eq!(counted(&mut owner, "P7"), "0.18|0.00");
    assert_counters_agree(&mut owner);
}

/// What is about everything is locked first, whichever key it has: by who charges, and by who gives back.
fn giving_back_and_charging_take_the_same_way(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(
        "update budget_limits set id = '00000000-0000-0000-0000-000000000001';
         insert into budget_limits (id, name, scope_type, amount_usd, period, action_on_exceed)
         values ('00000000-0000-0000-0000-000000000002', 'all', 'global', 10, 'monthly', 'block')",
    );
    let reservation = owner.value(&format!(
        "select reservation from steward.reserve('budget_limits', '{{\"project\": \"{P}\"}}', 1)"
    ));
    let mut all = database.owner();
    all.run("begin; insert into token_usage (cost_usd) values (1)");
    let settling = database
        .owner()
        .start(&format!("select steward.settle('{reservation}')"));
    settling.until_blocked(&mut owner);
    // Who waits for what is about everything holds nothing of the project.
    all.run("set lock_timeout = '2s'");
    all.run(&spend("1"));
    all.run("commit");
    assert!(settling.finish().1.is_ok());
    assert_eq!(counted(&mut owner, "all"), "2.00|0.00");
    assert_counters_agree(&mut owner);
}

/// A session comes back to the slot that it used, which has been put into another one meanwhile.
fn who_waits_holds_no_slot_that_is_gone(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("update budget_limits set amount_usd = 1000");
    owner.run(&spend("1"));
    let mut first = database.owner();
    first.run(&format!("begin; {}", spend("1")));
    let waiting = database.owner().start(&spend("1"));
    waiting.until_blocked(&mut owner);
    first.run("commit");
    let (mut second, result) = waiting.finish();
    assert!(result.is_ok());
    first.run(&format!("begin; {}", spend("1")));
    second.run(&spend("1"));
    first.run("commit");
    // Who has to wait for what is left in the other puts both into one.
    first.run(&format!("begin; {}", spend("1")));
    let third = database.owner().start(&spend("990"));
    third.until_blocked(&mut owner);
    first.run("commit");
    assert!(third.finish().1.is_ok());
    owner.run("delete from token_usage where cost_usd = 990");
    assert_eq!(
        owner.value("select count(*) from budget_limits_counters"),
        "1"
    );
    first.run(&format!("begin; {}", spend("1")));
    let second = second.start(&spend("1"));
    second.until_blocked(&mut owner);
    assert_eq!(first.sqlstate(&spend("2000")), "23514");
    first.run("rollback");
    assert!(second.finish().1.is_ok());
    assert_counters_agree(&mut owner);
}
