//! Budgets that hold: what usage costs is charged to the budgets that it falls under, and one that blocks is never
//! exceeded, whoever writes at the same time and at whatever isolation level.
//!
//! Counters, not sums: beside the limits stands a table with what is spent and held of each budget in each window,
//! divided among slots so that writers seldom meet. `draw` argues why that is never too much, `charge` in
//! which order things are locked, `recount` how rows from before are counted, `limits` what happens when a budget
//! changes, `alerts` why nothing is told twice or lost, and `reservations` how amounts are held.

use pgrx::extension_sql;

use crate::pg::function::sql_function;
use crate::pg::trigger::trigger;

mod alerts;
mod answers;
mod attach;
mod budget;
mod calendar;
mod charge;
mod choice;
mod chosen;
mod draw;
mod kept_slots;
mod ledger;
mod limits;
mod meter;
mod moved;
mod questions;
mod recount;
mod refusal;
mod requirements;
mod reservations;
mod side_tables;
mod slots;
mod sweep;
mod verify;

sql_function!(meter_usage, attach::meter_usage);
sql_function!(reserve, reservations::reserve::reserve);
sql_function!(settle, reservations::settle::settle);
sql_function!(release, reservations::settle::release);
sql_function!(check_budget, questions::check::check_budget);
sql_function!(budget_status, questions::status::budget_status);
sql_function!(verify_budgets, verify::verify_budgets);
sql_function!(rebuild_budgets, verify::rebuild_budgets);
sql_function!(sweep_budgets, sweep::sweep_budgets);
trigger!(note_usage, AfterRow, meter::note_usage);
trigger!(charge_usage, Statement, charge::charge_usage);
trigger!(
    charge_usage_at_commit,
    AfterRow,
    charge::charge_usage_at_commit
);
trigger!(forget_usage, Statement, limits::forget_usage);
trigger!(keep_budgets, AfterRow, limits::keep_budgets);
trigger!(forget_budgets, BeforeTruncate, limits::forget_budgets);

extension_sql!(
    r#"
create function steward.note_usage() returns trigger
    language c as 'MODULE_PATHNAME', 'note_usage';

comment on function steward.note_usage() is
$$Trigger function behind meter_usage: notes what each usage row costs, and refuses what is no cost or no time.

For AFTER INSERT OR UPDATE OR DELETE row triggers that are bound to the table of limits with CREATE CONSTRAINT TRIGGER ... FROM.
Errors: 23502, 23514 or 22003 for a cost or a time that cannot be charged; 39P01 where the trigger is of another kind; 42703
where a column is gone; 42501 where the owners differ.$$;

create function steward.charge_usage() returns trigger
    language c as 'MODULE_PATHNAME', 'charge_usage';

comment on function steward.charge_usage() is
$$Trigger function behind meter_usage: charges what the rows of a statement cost when it ends.

For statement triggers, BEFORE and AFTER INSERT OR UPDATE OR DELETE, beside those of steward.note_usage().
Errors: 23514, with the budget's name in the constraint field, where a budget that blocks would be exceeded; 39P01 where the
trigger is of another kind.$$;

create function steward.charge_usage_at_commit() returns trigger
    language c as 'MODULE_PATHNAME', 'charge_usage_at_commit';

comment on function steward.charge_usage_at_commit() is
$$Trigger function behind meter_usage on partitioned tables: charges rows that were written straight into a partition.

For deferred row triggers that are bound to the table of limits. Errors: as steward.charge_usage().$$;

create function steward.forget_usage() returns trigger
    language c as 'MODULE_PATHNAME', 'forget_usage';

comment on function steward.forget_usage() is
$$Trigger function behind meter_usage: has the budgets counted anew after TRUNCATE of a usage table.

For AFTER TRUNCATE triggers. Errors: 39P01 where the trigger is of another kind.$$;

create function steward.keep_budgets() returns trigger
    language c as 'MODULE_PATHNAME', 'keep_budgets';

comment on function steward.keep_budgets() is
$$Trigger function behind meter_usage, on the table of limits: what changes a budget's meaning counts what is already there.

For AFTER INSERT OR UPDATE OR DELETE row triggers that are bound to the side tables with CREATE CONSTRAINT TRIGGER ... FROM.
Errors: 23514 for a value that no budget can have; 22023 no such time zone; 39P01 where the trigger is of another kind.$$;

create function steward.forget_budgets() returns trigger
    language c as 'MODULE_PATHNAME', 'forget_budgets';

comment on function steward.forget_budgets() is
$$Trigger function behind meter_usage, on the table of limits: empties the side tables before TRUNCATE.

For BEFORE TRUNCATE triggers. Errors: 39P01 where the trigger is of another kind.$$;

create function steward.meter_usage(
    usage regclass,
    limits regclass default null,
    cost text default 'cost_usd',
    at text default 'timestamp',
    scopes jsonb default '{"project": "project_id", "agent": "agent_id", "agent_type": "agent_type"}',
    reservation text default null,
    max_clock_skew interval default '1 hour',
    refunds boolean default false,
    columns jsonb default null,
    time_zone text default null,
    notify regproc default null
) returns void
    language c as 'MODULE_PATHNAME', 'meter_usage';

comment on function steward.meter_usage(regclass, regclass, text, text, jsonb, text, interval, boolean, jsonb, text, regproc) is
$$Charges every row of a usage table to the budgets that it falls under, those included that are there.

  select steward.meter_usage('token_usage', limits => 'budget_limits');

usage           the table; ordinary or partitioned, owned by the caller
limits          the table of budgets; NULL for budget_limits in the same schema. Several usage tables can share one
cost            the column with the cost: numeric or an integer
at              the column with the time, a timestamptz; it needs an index that starts with it
scopes          the kinds of scopes, and the column with what each is about; every row falls under the kind global
reservation     a uuid column in which a row names its reservation; the setting steward.reservation serves too
max_clock_skew  how far the time of a new row may be off; NULL for any: then a false time dodges a limit. To load old usage, call
                with NULL, load, and call again, in one transaction
refunds         true where costs may be negative
columns         the columns of the limits by what they are for: key, name, scope_type, scope_id, amount, period,
                alert_threshold, action, active, time_zone; NULL for id, name, scope_type, scope_id, amount_usd, period,
                alert_threshold, action_on_exceed, is_active and time_zone, as far as the table has them, or as before
time_zone       whose days count for budgets that have no time zone of their own; NULL for UTC, or as before
notify          a function (budget text, severity text, title text, message text, details jsonb) that is called as the owner of the
                limits when a threshold is reached or a limit exceeded; NULL for none, or as before

Makes the tables <limits>_counters, _alerts, _reservations and _holds beside the limits, owned by their owner. Called
again with the same arguments it does nothing.
Errors: 22023, 42703, 42704, 42809 wrong arguments; 42501 not the owner; 55000 a missing index (the HINT has the CREATE
INDEX), or inheritance children; 23514 a value in the limits that no budget can have.$$;
"#,
    name = "budgets",
    requires = ["schema_usage", "budget_windows"],
);
