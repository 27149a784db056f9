//! Reservations that are closed in unusual places and moments, and asked for under unusual settings.

use steward_tests::{Database, Role, Session, tests};

use super::{P, assert_counters_agree, budget, counted, owner_of_hub, spend};

tests![
    settled_by_a_trigger_of_the_usage,
    a_period_that_has_changed,
    settings_of_the_session_mean_nothing,
    a_key_that_is_too_long,
    limits_of_others_are_not_in_the_way,
    the_superuser_lends_nothing,
    many_that_were_held_too_long,
];

/// Reserves for project P: the reservation.
fn reserve(session: &mut Session, more: &str) -> String {
    session.value(&format!(
        "select reservation from steward.reserve('budget_limits', '{{\"project\": \"{P}\"}}', {more}) where verdict = 'granted'"
    ))
}

/// What is being written is in the table, and not charged: to count it then would be to count it twice.
fn settled_by_a_trigger_of_the_usage(database: &Database) {
    for action in ["block", "warn"] {
        let database = database.create_another().expect("a database");
        let mut owner = owner_of_hub(&database);
        owner.run(&format!(
            "update budget_limits set action_on_exceed = '{action}'"
        ));
        owner.run(
            "create function settle() returns trigger language plpgsql as
                 'begin perform steward.settle(new.reservation, ''public.budget_limits''); return null; end';
             create trigger a_settle after insert on token_usage for each row when (new.reservation is not null) execute function settle()",
        );
        for before in [
            "select 1",
            "select steward.rebuild_budgets('budget_limits')",
        ] {
            let reservation = reserve(&mut owner, "4");
            owner.run(before);
            owner.run(&format!(
                "insert into token_usage (project_id, cost_usd, reservation) values ('{P}', 3, '{reservation}')"
            ));
            assert_counters_agree(&mut owner);
        }
        assert_eq!(counted(&mut owner, "P"), "6.00|0.00");
        assert_eq!(
            owner.value("select string_agg(distinct state, '') from budget_limits_reservations"),
            "settled"
        );
    }
}

fn a_period_that_has_changed(database: &Database) {
    for end in ["settle('{}')", "sweep_budgets('budget_limits')"] {
        let database = database.create_another().expect("a database");
        let mut owner = owner_of_hub(&database);
        let reservation = reserve(&mut owner, "4, '200 ms'");
        owner.run("update budget_limits set period = 'daily'");
        owner.run(&spend("1"));
        owner.run("select pg_sleep(0.21)");
        owner.run(&format!(
            "select steward.{}",
            end.replace("{}", &reservation)
        ));
        owner.run(&spend("9"));
        owner.refusal(&spend("0.01"));
        assert_eq!(owner.value("select count(*) from budget_limits_holds"), "0");
        assert_counters_agree(&mut owner);
    }
}

/// IST is the time of India in one setting and that of Israel in another.
fn settings_of_the_session_mean_nothing(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(
        "set timezone = 'Asia/Kolkata'; set datestyle = 'SQL, DMY'; set intervalstyle = 'iso_8601'",
    );
    let first = reserve(&mut owner, "4, '1 hour', 'key'");
    assert!(owner.holds(
        "select r.expires_at = h.expires_at and r.expires_at - now() < interval '1 hour 1 minute'
         from budget_limits_reservations as r join budget_limits_holds as h using (reservation)"
    ));
    let answer = format!(
        "select a.reservation = '{first}' and a.expires_at = r.expires_at
         from steward.reserve('budget_limits', '{{\"project\": \"{P}\"}}', 4.00, '60 minutes', 'key') as a
         join budget_limits_reservations as r using (reservation)"
    );
    assert!(owner.holds(&answer));
    owner.run("reset timezone; reset datestyle; set intervalstyle = 'postgres_verbose'");
    assert!(owner.holds(&answer));
    owner.run("set timezone = 'Asia/Kolkata'; set datestyle = 'SQL, DMY'; update budget_limits_counters set spent = 5");
    assert!(owner.holds(
        "select starts_at = date_trunc('month', now(), 'UTC') from steward.verify_budgets('budget_limits')"
    ));
}

fn a_key_that_is_too_long(database: &Database) {
    let mut owner = owner_of_hub(database);
    let reserve = |length: u32| {
        format!(
            "select verdict from steward.reserve('budget_limits', '{{}}', 1, '1 hour', (select string_agg(chr(97 + i % 26), '') from generate_series(1, {length}) as i))"
        )
    };
    assert_eq!(owner.value(&reserve(1024)), "granted");
    let refusal = owner.refusal(&reserve(1025));
    assert_eq!(refusal.sqlstate(), "22023");
    assert!(refusal.message().contains("idempotency_key"), "{refusal}");
}

fn limits_of_others_are_not_in_the_way(database: &Database) {
    let mut stranger = database.session(Role::Stranger);
    stranger.run(
        "create table stranger.usage (timestamp timestamptz default now(), cost_usd numeric); create index on stranger.usage (timestamp);
         create table stranger.budget_limits (id bigint primary key, scope_type text, scope_id uuid, amount_usd numeric, period text);
         select steward.meter_usage('stranger.usage', scopes => '{}');
         alter table stranger.budget_limits_counters drop column refused;
         alter table stranger.budget_limits_reservations drop column reservation",
    );
    let mut owner = owner_of_hub(database);
    let reservation = reserve(&mut owner, "4");
    assert_eq!(
        owner.value(&format!("select steward.settle('{reservation}')")),
        "4.00"
    );
    assert_eq!(
        owner.sqlstate(&format!("select steward.settle('{P}')")),
        "P0002"
    );
}

/// What an owner's tables have in store fires with the rights of whoever calls, if it is deferred to the end of the
/// transaction: so none is.
fn the_superuser_lends_nothing(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&spend("1"));
    owner.run("create table who (name text); grant insert on who to public");
    let reservation = reserve(&mut owner, "1");
    owner.run(
        "create function later() returns trigger language plpgsql as 'begin insert into public.who values (current_user); return null; end';
         create constraint trigger later after insert or update or delete on budget_limits_counters deferrable initially deferred
             for each row execute function later();
         create constraint trigger later after insert or update or delete on budget_limits_holds deferrable initially deferred
             for each row execute function later();
         create constraint trigger later after insert or update or delete on budget_limits_reservations deferrable initially deferred
             for each row execute function later()",
    );
    let mut superuser = database.superuser();
    for call in [
        "rebuild_budgets('budget_limits')".to_owned(),
        "reserve('budget_limits', '{}', 1)".to_owned(),
        format!("settle('{reservation}')"),
        format!("release('{reservation}', 'budget_limits')"),
        "meter_usage('token_usage', notify => null, max_clock_skew => '2 hours', reservation => 'reservation')".to_owned(),
        "sweep_budgets('budget_limits')".to_owned(),
    ] {
        let _refused_or_harmless = superuser.try_run(&format!("select steward.{call}"));
        assert_eq!(owner.value("select count(*) from who"), "0", "{call}");
    }
    owner.run("drop function later() cascade");
    superuser.run("select steward.rebuild_budgets('budget_limits')");
    superuser.run(&format!("select steward.settle('{reservation}')"));
    superuser.run("select steward.sweep_budgets('budget_limits')");
    owner.run(&spend("1"));
    assert_eq!(counted(&mut owner, "P"), "2.00|0.00");
    assert_counters_agree(&mut owner);
}

fn many_that_were_held_too_long(database: &Database) {
    let mut owner = owner_of_hub(database);
    budget(&mut owner, "all", "global", "100", "block");
    for _ in 0..20 {
        reserve(&mut owner, "0.5, '1 ms'");
    }
    owner.run("select pg_sleep(0.01)");
    assert_eq!(counted(&mut owner, "all"), "0.00|10.00");
    owner.run("select steward.sweep_budgets('budget_limits')");
    assert_eq!(counted(&mut owner, "all"), "0.00|0.00");
    assert_eq!(counted(&mut owner, "P"), "0.00|0.00");
    assert_counters_agree(&mut owner);
}
