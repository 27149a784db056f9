//! Tasks that are late: a flag that is set when a task's time is over, and cleared when it is done after all.
//!
//! Lateness comes with the clock and not with a write, so no trigger can tell it. `flag_delayed` is one
//! statement for a scheduler, made so that it reads what it changes and, with a partial index, little else.

use pgrx::extension_sql;

use crate::pg::function::sql_function;

mod flag;
mod index;

sql_function!(flag_delayed, flag::flag_delayed);

extension_sql!(
    r"
create function steward.flag_delayed(
    tasks regclass,
    due text default 'end_date',
    flag text default 'is_delayed',
    status text default 'status',
    done text[] default '{done}',
    cancelled text[] default '{cancelled}',
    at timestamptz default pg_catalog.now(),
    key text default 'id'
) returns table (task text, delayed boolean)
    language c as 'MODULE_PATHNAME', 'flag_delayed';

comment on function steward.flag_delayed(regclass, text, text, text, text[], text[], timestamptz, text) is
$$Sets the flag of tasks whose time is over, and clears it where that is no longer so. Returns what it changed.

  select * from steward.flag_delayed('tasks');
  select cron.schedule('* * * * *', $cron$select steward.flag_delayed('tasks')$cron$);

tasks      the table of tasks
due        its column with the time by which a task has to be done: date, timestamp or timestamptz; a date lasts to its end,
           in the session's time zone; a task without one is never delayed
flag       its column that is set; boolean
status     its column with the status
done       the statuses in which a task is done; it is not delayed any more
cancelled  the statuses in which it will never be done; neither is it then. An enum need not have 'cancelled'
at         the time that is compared
key        the column that identifies a task, for the answer

It is an UPDATE of the caller's own: with the caller's rights, policies, and the triggers of the table. Only rows that change
are written. On a table of some size it needs two partial indexes; a notice says which, where there are none.
Errors: 22023 NULL argument or an unknown status; 42703 no such column; 42704 no such table; 42809 no table, or a column of a
type that does not fit; 42501 no right to update the table.$$;
",
    name = "tasks_delay",
    requires = ["schema_usage"],
);
