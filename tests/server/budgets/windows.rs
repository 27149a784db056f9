//! Windows: half-open, in a time zone, with days of 23 and 25 hours.

use steward_tests::{Database, tests};

use super::{METER, P, assert_counters_agree, owner_of_hub};

tests![
    windows_of_the_calendar,
    every_moment_lies_in_one_window,
    usage_is_charged_to_the_window_of_its_time,
    a_budgets_own_time_zone,
    no_such_time_zone,
];

fn windows_of_the_calendar(database: &Database) {
    let mut owner = database.owner();
    owner.run("set time zone 'UTC'");
    for (period, at, zone, expected) in [
        (
            "daily",
            "2026-03-01 00:00+00",
            "UTC",
            "2026-03-01 00:00:00+00|2026-03-02 00:00:00+00",
        ),
        (
            "daily",
            "2026-02-28 23:59:59.999999+00",
            "UTC",
            "2026-02-28 00:00:00+00|2026-03-01 00:00:00+00",
        ),
        // A Sunday; the week begins on Monday.
        (
            "weekly",
            "2026-03-01 12:00+00",
            "UTC",
            "2026-02-23 00:00:00+00|2026-03-02 00:00:00+00",
        ),
        (
            "weekly",
            "2026-03-02 00:00+00",
            "UTC",
            "2026-03-02 00:00:00+00|2026-03-09 00:00:00+00",
        ),
        (
            "monthly",
            "2024-02-29 12:00+00",
            "UTC",
            "2024-02-01 00:00:00+00|2024-03-01 00:00:00+00",
        ),
        // 23 hours, and 25.
        (
            "daily",
            "2026-03-29 12:00+00",
            "Europe/Berlin",
            "2026-03-28 23:00:00+00|2026-03-29 22:00:00+00",
        ),
        (
            "daily",
            "2026-10-25 12:00+00",
            "Europe/Berlin",
            "2026-10-24 22:00:00+00|2026-10-25 23:00:00+00",
        ),
        // There is no midnight: clocks jump from 24:00 to 1:00.
        (
            "daily",
            "2018-11-04 12:00+00",
            "America/Sao_Paulo",
            "2018-11-04 03:00:00+00|2018-11-05 02:00:00+00",
        ),
        // There are two: clocks go back from 1:00 to 0:00, and the day has begun before.
        (
            "daily",
            "2026-11-01 04:30+00",
            "America/Havana",
            "2026-11-01 04:00:00+00|2026-11-02 05:00:00+00",
        ),
    ] {
        assert_eq!(
            owner.value(&format!(
                "select * from steward.budget_window('{period}', '{at}', '{zone}')"
            )),
            expected,
            "{period} {at} {zone}"
        );
    }
}

fn every_moment_lies_in_one_window(database: &Database) {
    let mut owner = database.owner();
    assert_eq!(
        owner.value(
            "with moment as (
                 select z.zone, p.period, t, w.starts_at, w.ends_at
                 from unnest(array['America/Havana', 'America/St_Johns', 'Europe/Berlin', 'America/Sao_Paulo', 'Asia/Beirut', 'Australia/Lord_Howe']) as z (zone),
                     unnest(array['daily', 'weekly', 'monthly']) as p (period),
                     generate_series('2010-10-28 00:00+00'::timestamptz, '2010-11-09', '97 minutes 13 seconds') as t,
                     steward.budget_window(p.period, t, z.zone) as w
             )
             select count(*) filter (where not (starts_at <= t and t < ends_at)),
                 count(*) filter (where ends_at <> next and starts_at <> next),
                 count(distinct (zone, period, starts_at)) > 60
             from (select *, lead(starts_at) over (partition by zone, period order by t) as next from moment) as m"
        ),
        "0|0|t"
    );
}

fn usage_is_charged_to_the_window_of_its_time(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run(&METER.replace("notify", "max_clock_skew => null, notify"));
    owner.run(&format!(
        "set time zone 'Asia/Tokyo'; update budget_limits set period = 'daily';
         insert into token_usage (timestamp, project_id, cost_usd) values
             ('2026-01-31 23:59:59.999999+00', '{P}', 1), ('2026-02-01 00:00:00+00', '{P}', 2), ('2026-02-01 23:59:59+00', '{P}', 4)"
    ));
    owner.run("set time zone 'UTC'");
    assert_eq!(
        owner.rows("select starts_at, spent::int from budget_limits_counters order by 1"),
        ["2026-01-31 00:00:00+00|1", "2026-02-01 00:00:00+00|6"]
    );
    assert_eq!(
        owner.value("select spent, remaining from steward.budget_status('budget_limits', '2026-02-01 12:00+00')"),
        "6.00|4.00"
    );
    // What moves to another window is charged there.
    owner.run("update token_usage set timestamp = timestamp + interval '1 day' where cost_usd = 4");
    assert_eq!(
        owner.rows("select starts_at, spent::int from budget_limits_counters order by 1"),
        [
            "2026-01-31 00:00:00+00|1",
            "2026-02-01 00:00:00+00|2",
            "2026-02-02 00:00:00+00|4"
        ]
    );
    assert_counters_agree(&mut owner);
}

fn a_budgets_own_time_zone(database: &Database) {
    let mut owner = owner_of_hub(database);
    owner.run("alter table budget_limits add time_zone text");
    owner.run(&METER.replace(
        "notify",
        "max_clock_skew => null, time_zone => 'America/New_York', columns => '{}', notify",
    ));
    owner.run(&format!(
        "update budget_limits set period = 'daily';
         insert into budget_limits (name, scope_type, amount_usd, period, time_zone) values ('all', 'global', 1, 'daily', 'Asia/Kolkata');
         insert into token_usage (timestamp, project_id, cost_usd) values ('2026-02-01 04:00:00+00', '{P}', 1);
         set time zone 'UTC'"
    ));
    assert_eq!(
        owner.rows("select starts_at from budget_limits_counters order by 1"),
        ["2026-01-31 05:00:00+00", "2026-01-31 18:30:00+00"]
    );
}

fn no_such_time_zone(database: &Database) {
    let mut owner = owner_of_hub(database);
    assert_eq!(
        owner.sqlstate("select steward.meter_usage('token_usage', time_zone => 'Mars/Olympus')"),
        "22023"
    );
    owner.run("alter table budget_limits add time_zone text");
    owner.run(
        "select steward.meter_usage('token_usage', reservation => 'reservation', columns => '{}')",
    );
    assert_eq!(
        owner.sqlstate("update budget_limits set time_zone = 'Mars/Olympus'"),
        "22023"
    );
}
