//! `updated_at` stamps: the time of the transaction that last changed a row, kept in the row.
//!
//! The stamp is the transaction's timestamp, so all rows that a transaction changes carry the same
//! one, and it is what `now()` shows in that transaction. It is set by a BEFORE UPDATE row trigger:
//! whatever the UPDATE itself assigned to the column is replaced.

use pgrx::extension_sql;

use crate::pg::function::sql_function;
use crate::pg::trigger::before_row_trigger;

mod attach;
mod stamp;

sql_function!(track_updated_at, attach::track_updated_at);
before_row_trigger!(set_updated_at, stamp::set_updated_at);

extension_sql!(
    r"
create function steward.set_updated_at() returns trigger
    language c as 'MODULE_PATHNAME', 'set_updated_at';

comment on function steward.set_updated_at() is
$$Trigger function behind track_updated_at: sets a timestamp column to the transaction's timestamp.

For BEFORE UPDATE row triggers.
Arguments in CREATE TRIGGER: the column (default updated_at); then, optionally, only_changes.
Errors: 39P01 where the trigger is of another kind; 42703 where the column is gone.$$;

create function steward.track_updated_at(
    target regclass,
    column_name text default 'updated_at',
    only_changes boolean default false,
    name text default null
) returns void
    language c as 'MODULE_PATHNAME', 'track_updated_at';

comment on function steward.track_updated_at(regclass, text, boolean, text) is
$$Keeps a column of a table at the timestamp of the transaction that last updated the row.

  select steward.track_updated_at('tasks');

target        the table; ordinary or partitioned, owned by the caller
column_name   a column of type timestamp, with or without time zone, or of a domain over one
only_changes  true: a row that an UPDATE leaves as it was keeps its stamp
name          the trigger's name; NULL for steward_ followed by the column's name

Called again with the same arguments it does nothing; with others it replaces what it made for the same column.
NULL in any argument but name is an error.
Errors: 22023 NULL argument; 42703 no such column; 42704 no such table; 42809 a view, a generated column or another type;
42501 not the owner; 42710 the trigger's name is taken; 55000 inheritance children without the rule.$$;
",
    name = "timestamps",
    requires = ["schema_usage"],
);
