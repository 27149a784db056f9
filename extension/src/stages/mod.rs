//! The history of a status column: one row for every transition, with the time that the stage before
//! it lasted.
//!
//! Transitions are written by an AFTER ROW trigger, in the transaction of the change. Changes of one
//! row are made one after the other, since the second waits for the row lock of the first; reading the
//! previous transition under the latest snapshot therefore finds it even where the second statement
//! began before the first committed. A transition's time is the transaction's timestamp, but never
//! before or at the previous transition of that row: a transaction that began earlier may well come
//! later. So ordering a row's transitions by time gives them in the order in which they happened.

use pgrx::extension_sql;

use crate::pg::function::sql_function;
use crate::pg::trigger::trigger;

mod attach;
mod choice;
mod record;

sql_function!(track_stages, attach::track_stages);
trigger!(
    record_stage_transition,
    AfterRow,
    record::record_stage_transition
);

extension_sql!(
    r"
create function steward.record_stage_transition() returns trigger
    language c as 'MODULE_PATHNAME', 'record_stage_transition';

comment on function steward.record_stage_transition() is
$$Trigger function behind track_stages: writes one row for each transition of a stage column.

For AFTER INSERT OR UPDATE row triggers that are bound to the destination with CREATE CONSTRAINT TRIGGER ... FROM.
Arguments in CREATE TRIGGER: key, stage; then of the destination: row, from, to, at and duration column.
The destination is written as its owner, who has to be the owner of the table that fires.
Errors: 39P01 where the trigger is of another kind; 42703 where a column is gone; 42501 where the owners differ.$$;

create function steward.track_stages(
    target regclass,
    stage text default 'current_stage',
    destination regclass default null,
    key text default 'id',
    row_column text default 'feature_id',
    from_column text default 'from_stage',
    to_column text default 'to_stage',
    at_column text default 'timestamp',
    duration_column text default 'duration',
    name text default null
) returns void
    language c as 'MODULE_PATHNAME', 'track_stages';

comment on function steward.track_stages(regclass, text, regclass, text, text, text, text, text, text, text) is
$$Records every transition of a stage column in another table, the first (from NULL) when the row is inserted.

  select steward.track_stages('features');
  select steward.track_stages('orders', stage => 'status', destination => 'order_history', row_column => 'order_id');

target           the table; ordinary or partitioned, owned by the caller
stage            its column that is watched; an UPDATE that leaves it as it was writes nothing
destination      the table that gets a row for each transition; NULL for stage_transitions in the target's schema.
                 It has the target's owner, and an index that starts with row_column
key              the target's column that identifies the row
row_column       destination: the row's key
from_column      destination: the stage before; NULL for the first transition
to_column        destination: the stage after
at_column        destination: the transaction's timestamp, but always after the row's previous transition
duration_column  destination: whole milliseconds since the row's previous transition; NULL for the first
name             the trigger's name; NULL for steward_ followed by the stage column's name

Called again with the same arguments it does nothing; with others it replaces what it made for the same stage column.
NULL in any argument but destination and name is an error.
Errors: 22023 NULL argument, or a stage that may be NULL where the destination does not take it; 42703 no such column;
42704 no such table; 42809 no table, or tables that do not fit; 42501 not the owner, or another owner of the destination;
42710 the trigger's name is taken; 55000 no index on the destination, or inheritance children.$$;
",
    name = "stages",
    requires = ["schema_usage"],
);
