//! Windows of the calendar: half-open, in a time zone, and such that every moment lies in exactly one.
//!
//! The arithmetic is PostgreSQL's own. Two things are added to it. A day begins at its *first* midnight: where
//! clocks are set back at one o'clock to midnight, `timestamp at time zone` means the second, and the day would
//! lose an hour to the one before it. And a moment that a jump of the clocks puts before the beginning of its own
//! date (set back at 0:01 to 23:01, as Newfoundland did) belongs to the window before.

use pgrx::extension_sql;

extension_sql!(
    r"
create function steward.start_of_day(day date, time_zone text) returns timestamptz
    language sql stable strict
    begin atomic
        select case
            when just_before operator(pg_catalog.<) midnight then start
            else start operator(pg_catalog.-) (just_before operator(pg_catalog.-) midnight operator(pg_catalog.+) interval '1 microsecond')
        end
        from (
            select m.midnight, s.start,
                pg_catalog.timezone(time_zone, s.start operator(pg_catalog.-) interval '1 microsecond') as just_before
            from (select day::timestamp without time zone as midnight) as m
            cross join lateral (select pg_catalog.timezone(time_zone, m.midnight) as start) as s
        ) as d;
    end;

comment on function steward.start_of_day(date, text) is
$$The moment at which a day begins in a time zone: its first midnight, or, where there is none, when the clocks jump over it.

  select steward.start_of_day('2026-03-29', 'Europe/Berlin');

Errors: 22023 no such time zone.$$;

create function steward.budget_window(
    period text,
    at timestamptz,
    time_zone text default 'UTC',
    out starts_at timestamptz,
    out ends_at timestamptz
)
    language sql stable strict
    begin atomic
        select
            case
                when at operator(pg_catalog.<) w.this then w.earlier
                when at operator(pg_catalog.>=) w.next then w.next
                else w.this
            end,
            case
                when at operator(pg_catalog.<) w.this then w.this
                when at operator(pg_catalog.>=) w.next then w.later
                else w.next
            end
        from (
            select u.step, pg_catalog.date_trunc(u.unit, pg_catalog.timezone(time_zone, at)) as first
            from (
                values ('daily', 'day', interval '1 day'), ('weekly', 'week', interval '7 days'), ('monthly', 'month', interval '1 month')
            ) as u (period, unit, step)
            where u.period operator(pg_catalog.=) budget_window.period
        ) as f
        cross join lateral (
            select
                steward.start_of_day((f.first operator(pg_catalog.-) f.step)::date, time_zone) as earlier,
                steward.start_of_day(f.first::date, time_zone) as this,
                steward.start_of_day((f.first operator(pg_catalog.+) f.step)::date, time_zone) as next,
                steward.start_of_day((f.first operator(pg_catalog.+) f.step operator(pg_catalog.+) f.step)::date, time_zone) as later
        ) as w;
    end;

comment on function steward.budget_window(text, timestamptz, text) is
$$The window of a budget that a moment falls into: from starts_at on, and before ends_at.

  select * from steward.budget_window('weekly', now(), 'Europe/Berlin');

period     daily, weekly (from Monday) or monthly; NULL for any other
time_zone  whose days these are; a day on which the clocks change has 23 or 25 hours
Errors: 22023 no such time zone.$$;
",
    name = "budget_windows",
    requires = ["schema_usage"],
);
