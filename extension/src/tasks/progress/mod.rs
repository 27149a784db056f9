//! Progress of what consists of tasks: the share of them that is done, kept in the parent's own row.
//!
//! A parent's progress is not counted again when one of its tasks changes: a counter is kept for each parent
//! beside the tasks, and a statement changes it once, however many tasks it wrote. `counters` argues why it is
//! right for sessions that complete tasks of the same parent at the same time.

use pgrx::extension_sql;

use crate::pg::function::sql_function;
use crate::pg::trigger::trigger;

mod attach;
mod choice;
mod collect;
mod counters;
mod requirements;
mod roll_up;
mod truncate;
mod whole;

sql_function!(roll_up_progress, attach::roll_up_progress);
sql_function!(verify_progress, whole::verify_progress);
sql_function!(rebuild_progress, whole::rebuild_progress);
trigger!(collect_progress, AfterRow, collect::collect_progress);
trigger!(release_progress, AfterRow, collect::collect_progress);
trigger!(settle_progress, Guard, collect::settle_progress);
trigger!(forget_progress, BeforeTruncate, truncate::forget_progress);

extension_sql!(
    r"
create function steward.collect_progress() returns trigger
    language c as 'MODULE_PATHNAME', 'collect_progress';

comment on function steward.collect_progress() is
$$Trigger function behind roll_up_progress: notes which tasks count for which parent from now on.

For AFTER INSERT OR UPDATE row triggers that are bound to the counters with CREATE CONSTRAINT TRIGGER ... FROM, beside one of
the same name with _into after it, which calls release_progress. settle_progress works off what they note.
Arguments in CREATE TRIGGER, of both: parent=COLUMN, key=COLUMN, progress=COLUMN, status=COLUMN, done=LABEL, cancelled=LABEL,
weight=COLUMN, empty=NUMBER.
Errors: 39P01 where the trigger is of another kind; 42703 where a column is gone; 42501 where the owners differ.$$;

create function steward.release_progress() returns trigger
    language c as 'MODULE_PATHNAME', 'release_progress';

comment on function steward.release_progress() is
$$Trigger function behind roll_up_progress: notes which tasks no longer count, and tells which table has the parents.

For AFTER DELETE row triggers that are bound to the parents with CREATE CONSTRAINT TRIGGER ... FROM, called like the one of
collect_progress with _into after it. Arguments and errors are as there.$$;

create function steward.settle_progress() returns trigger
    language c as 'MODULE_PATHNAME', 'settle_progress';

comment on function steward.settle_progress() is
$$Trigger function behind roll_up_progress: sets the progress of parents at the end of a statement.

For triggers BEFORE and AFTER INSERT OR UPDATE OR DELETE, FOR EACH STATEMENT, and, on a partitioned table, for a deferred row
trigger. It takes no arguments.$$;

create function steward.forget_progress() returns trigger
    language c as 'MODULE_PATHNAME', 'forget_progress';

comment on function steward.forget_progress() is
$$Trigger function behind roll_up_progress: takes back what tasks counted for that a TRUNCATE is about to remove.

For BEFORE TRUNCATE triggers that are called like the row trigger with _truncate after it. It takes no arguments.$$;

create function steward.roll_up_progress(
    tasks regclass,
    parent text default 'milestone_id',
    destination regclass default null,
    progress text default 'progress',
    key text default null,
    status text default 'status',
    done text[] default '{done}',
    cancelled text[] default '{cancelled}',
    weight text default null,
    empty numeric default 0,
    name text default null
) returns void
    language c as 'MODULE_PATHNAME', 'roll_up_progress';

comment on function steward.roll_up_progress(
    regclass, text, regclass, text, text, text, text[], text[], text, numeric, text
) is
$$Keeps in each parent's row how much of its tasks is done, as a percentage, from now on and for the rows that are there.

  select steward.roll_up_progress('tasks');
  select steward.roll_up_progress('tasks', parent => 'feature_id', destination => 'features',
      progress => 'completion_percentage', weight => 'points');

tasks        the table of tasks; ordinary or partitioned, owned by the caller
parent       its column with the key of the parent; a task without one counts nowhere
destination  the table of parents, of the same owner; NULL for what a foreign key on that column refers to
progress     its column that is kept: from 0 to 100, rounded to the column's type (integer, numeric, real ...)
key          its column that tasks refer to; NULL for what the foreign key says, else the primary key
status       the tasks' column with the status
done         the statuses in which a task is done
cancelled    the statuses in which a task does not count at all. An enum need not have 'cancelled'
weight       the tasks' column that says how much each counts, integer or numeric; NULL where all count the same.
             A task whose weight is no positive number counts for nothing
empty        the progress of a parent in which nothing counts
name         tells several of one table apart; NULL for the only one

Makes the table <tasks>_progress beside the tasks, with a counter for each parent. The parent's row is written only where its
progress changes; its triggers fire, and the writer of a task needs no right on it. An UPDATE of the column itself is not
refused; it stays until the next change to one of the parent's tasks. Called again with the same arguments it does nothing.
Errors: 22023 NULL argument or an unknown status; 42703 no such column; 42704 no such table; 42809 a column of a type that does
not fit; 42501 not the owner, or another owner of the parents; 55000 no unique index on the key, or inheritance children.$$;

create function steward.verify_progress(tasks regclass, name text default null)
    returns table (problem text, parent text, detail text)
    language c as 'MODULE_PATHNAME', 'verify_progress';

comment on function steward.verify_progress(regclass, text) is
$$Every parent whose counter or progress is not what its tasks say: no row where all is well.

  select * from steward.verify_progress('tasks');

problem  counter (what is kept differs from what is there), progress (the parent's column differs)
Tasks get past the rule by superusers, disabled triggers, session_replication_role = replica and ATTACH PARTITION; a parent that
is inserted after its tasks, and one whose column was updated, differ until their tasks change. rebuild_progress mends all
that. It locks nothing. For the owner of the tasks.
Errors: 42501 not the owner; 42704 no progress is rolled up from the table, or several times and no name; 22023 NULL in tasks.$$;

create function steward.rebuild_progress(tasks regclass, name text default null)
    returns bigint
    language c as 'MODULE_PATHNAME', 'rebuild_progress';

comment on function steward.rebuild_progress(regclass, text) is
$$Counts all tasks again, and sets the progress of all parents.

  select steward.rebuild_progress('tasks');

Returns the number of counters and parents that changed. Writers of the tasks wait until the transaction ends. For the owner of
the tasks.
Errors: 42501 not the owner; 42704 no progress is rolled up from the table, or several times and no name; 22023 NULL in tasks.$$;
",
    name = "tasks_progress",
    requires = ["schema_usage"],
);
