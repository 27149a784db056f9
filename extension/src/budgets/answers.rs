//! The functions that answer, reserve and mend, as SQL declares them.

use pgrx::extension_sql;

extension_sql!(
    r#"
create function steward.check_budget(limits regclass, scopes jsonb, amount numeric)
    returns table (
        budget text, name text, fits boolean, allowed boolean,
        budget_limit numeric, spent numeric, held numeric, remaining numeric
    )
    language c as 'MODULE_PATHNAME', 'check_budget';

comment on function steward.check_budget(regclass, jsonb, numeric) is
$$Whether an amount would fit now, for each active budget that it falls under.

  select * from steward.check_budget('budget_limits', '{"agent_type": "coder"}', 0.25);

scopes   what the usage falls under, by kind; every usage falls under the kind global
fits     it is no more than what remains
allowed  usage of that amount would be accepted: it fits, or the budget only warns
It locks nothing, so that what fits now may not fit in a moment: reserve holds it. Tells of budgets that the caller may
read. Errors: 22023 NULL, a negative amount, or an unknown scope; 42704 no usage is charged to these limits.$$;

create function steward.budget_status(limits regclass, at timestamptz default null)
    returns table (
        budget text, name text, scope_type text, scope text, starts_at timestamptz, ends_at timestamptz,
        budget_limit numeric, spent numeric, held numeric, remaining numeric, percent numeric, state text,
        projected numeric
    )
    language c as 'MODULE_PATHNAME', 'budget_status';

comment on function steward.budget_status(regclass, timestamptz) is
$$What is spent, held and left of each active budget, in the window that a moment falls into.

  select name, spent, remaining, state from steward.budget_status('budget_limits');

at         a moment in the window; NULL for now
percent    of the limit that is spent, rounded down
state      ok, alert (the threshold is reached), exhausted (it blocks, and nothing is left) or exceeded
projected  what will be spent by the end of the window if it goes on as before
Tells of budgets that the caller may read. Errors: 22023 NULL in limits; 42704 no usage is charged to these limits.$$;

create function steward.reserve(
    limits regclass,
    scopes jsonb,
    amount numeric,
    ttl interval default '10 minutes',
    idempotency_key text default null
)
    returns table (verdict text, reservation uuid, expires_at timestamptz, refused_by text)
    language c as 'MODULE_PATHNAME', 'reserve';

comment on function steward.reserve(regclass, jsonb, numeric, interval, text) is
$$Holds an amount in all budgets that it falls under, or in none, before it is spent.

  select * from steward.reserve('budget_limits', '{"agent_type": "coder"}', 0.25);

scopes           what the usage will fall under, by kind
ttl              how long it is held; then it is given back by itself
idempotency_key  a call with the same key gets the same answer; of at most 1024 bytes
verdict          granted; does not fit now; can never fit (it is more than a whole limit)
refused_by       the name of the budget that it does not fit into
Usage rows that name the reservation take their cost out of it, in the column that meter_usage was told of, or in the
setting steward.reservation of the transaction. What goes beyond it, or comes later, is charged as any usage. For whoever may
INSERT into a usage table. Errors: 22023 NULL, a negative amount, an unknown scope, or a key that was used for another
reservation; 42501 no right; 42704 no usage is charged to these limits; 55000 in the middle of a statement that writes usage.$$;

create function steward.settle(reservation uuid, limits regclass default null) returns numeric
    language c as 'MODULE_PATHNAME', 'settle';

comment on function steward.settle(uuid, regclass) is
$$Closes a reservation after its usage is written, and gives back what is left of it. Returns how much that was.

  select steward.settle('7b6f6d2e-0000-4000-8000-000000000000');

limits  the table that it was reserved in; NULL to look for it
Called again it gives the same answer. Errors: P0002 no such reservation; 42501 no right; 22023 NULL in reservation.$$;

create function steward.release(reservation uuid, limits regclass default null) returns numeric
    language c as 'MODULE_PATHNAME', 'release';

comment on function steward.release(uuid, regclass) is
$$Gives a reservation back that is not going to be used. Returns how much of it was left.

  select steward.release('7b6f6d2e-0000-4000-8000-000000000000');

limits  the table that it was reserved in; NULL to look for it
Called again it gives the same answer. Errors: P0002 no such reservation; 42501 no right; 22023 NULL in reservation.$$;

create function steward.sweep_budgets(limits regclass) returns bigint
    language c as 'MODULE_PATHNAME', 'sweep_budgets';

comment on function steward.sweep_budgets(regclass) is
$$Tells of what several transactions reached together, and gives back reservations that were held too long.

  select steward.sweep_budgets('budget_limits');

Returns how many alerts were told. Nothing depends on it: the next charge does the same. For the owner of the limits.
Errors: 42501 not the owner; 42704 no usage is charged to these limits; 22023 NULL in limits.$$;

create function steward.verify_budgets(limits regclass)
    returns table (problem text, budget text, starts_at timestamptz, detail text)
    language c as 'MODULE_PATHNAME', 'verify_budgets';

comment on function steward.verify_budgets(regclass) is
$$Every window whose counters do not agree with the usage rows: no row where all is well.

  select * from steward.verify_budgets('budget_limits');

problem  spent, held, shares, or unknown scope (no usage table has such a scope, or it does not say which one, so that nothing is
         ever charged)
Counters go wrong by superusers, disabled triggers, session_replication_role = replica, and partitions that are attached, detached,
dropped or truncated by themselves; rebuild_budgets mends them. It locks nothing. For the owner of the limits.
Errors: 42501 not the owner; 42704 no usage is charged to these limits; 22023 NULL in limits.$$;

create function steward.rebuild_budgets(limits regclass) returns bigint
    language c as 'MODULE_PATHNAME', 'rebuild_budgets';

comment on function steward.rebuild_budgets(regclass) is
$$Has every window counted again from the usage rows when it is next looked at, those included that got past the triggers.

  select steward.rebuild_budgets('budget_limits');

Returns how many problems verify_budgets would have named. Waits for all transactions that have charged a budget, and
keeps others waiting until this one ends. For the owner of the limits.
Errors: 42501 not the owner; 42704 no usage is charged to these limits; 22023 NULL in limits.$$;
"#,
    name = "budget_answers",
    requires = ["budgets"],
);
