//! Which partition of a log takes the rows of a moment.

use pgrx::pg_sys;

use crate::pg::output_settings;
use crate::pg::relation::Relation;
use crate::pg::statement;

/// A partition, and from when until when it is the one: half-open, in microseconds as PostgreSQL counts
/// them. For the default partition it is the gap between the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) table: pg_sys::Oid,
    from: i64,
    until: i64,
}

impl Span {
    pub(super) const fn holds(self, moment: i64) -> bool {
        self.from <= moment && moment < self.until
    }
}

/// The partition of `log` for `moment`; none where there is not even a default.
pub(super) fn partition_at(log: &Relation, moment: i64) -> Option<Span> {
    let spans = spans_of(log);
    let found = spans.iter().find_map(|span| {
        let bounds = span.bounds?;
        let span = Span {
            table: span.table,
            from: bounds.0,
            until: bounds.1,
        };
        span.holds(moment).then_some(span)
    });
    found.or_else(|| {
        let default = spans.iter().find(|span| span.bounds.is_none())?;
        let bounds = || spans.iter().filter_map(|span| span.bounds);
        let before = bounds()
            .map(|bounds| bounds.1)
            .filter(|until| *until <= moment);
        let after = bounds()
            .map(|bounds| bounds.0)
            .filter(|from| *from > moment);
        Some(Span {
            table: default.table,
            from: before.max().unwrap_or(i64::MIN),
            until: after.min().unwrap_or(i64::MAX),
        })
    })
}

struct Bounded {
    table: pg_sys::Oid,
    /// None for the default partition.
    bounds: Option<(i64, i64)>,
}

fn spans_of(log: &Relation) -> Vec<Bounded> {
    // A bound is shown in a form that the same settings read.
    let rows = output_settings::pinned(|| {
        statement::query(&format!(
            "select c.oid, {}, {} from pg_catalog.pg_inherits as i \
             join pg_catalog.pg_class as c on c.oid = i.inhrelid \
             cross join lateral (select pg_catalog.regexp_match( \
                 pg_catalog.pg_get_expr(c.relpartbound, c.oid), \
                 'FROM \\((.*)\\) TO \\((.*)\\)')) as b (bounds) \
             where i.inhparent = {} and not i.inhdetachpending",
            microseconds("b.bounds[1]"),
            microseconds("b.bounds[2]"),
            log.oid().to_u32(),
        ))
    });
    rows.into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter();
            let table: u32 = row.next()??.parse().ok()?;
            let mut bound = || row.next()??.parse::<i64>().ok();
            Some(Bounded {
                table: pg_sys::Oid::from(table),
                bounds: bound().zip(bound()),
            })
        })
        .collect()
}

fn microseconds(bound: &str) -> String {
    format!(
        "case {bound} when 'MINVALUE' then {} when 'MAXVALUE' then {} else \
         (pg_catalog.date_part('epoch', pg_catalog.btrim({bound}, '''')::timestamptz \
             - '2000-01-01 00:00:00+00'::timestamptz) * 1000000)::bigint end",
        i64::MIN,
        i64::MAX,
    )
}
