//! Dependencies that cannot form a cycle: at any scale, at any isolation level, without making writers
//! wait for each other.
//!
//! A guarded edge table has a side table of ranks beside it, in which every task that has a dependency
//! stands above what it waits for. While all edges agree with the ranks there is no cycle (the
//! algorithm is in `steward_rules::order`), and an edge that agrees costs two index look-ups, whatever
//! the size of the graph. `check` argues why this holds for sessions that run at the same time.

use pgrx::extension_sql;

use crate::pg::function::sql_function;
use crate::pg::trigger::trigger;

mod attach;
mod check;
mod cycle;
mod graph;
mod guard;
mod known_ranks;
mod questions;
mod ranks;
mod rebuild;
mod relied_on;
mod requirements;
mod scope_lock;
mod settle;
mod verify;

sql_function!(guard_dependencies, attach::guard_dependencies);
sql_function!(rebuild_dependencies, verify::rebuild_dependencies);
sql_function!(verify_dependencies, verify::verify_dependencies);
trigger!(check_dependency, AfterRow, check::check_dependency);

extension_sql!(
    r"
create function steward.check_dependency() returns trigger
    language c as 'MODULE_PATHNAME', 'check_dependency';

comment on function steward.check_dependency() is
$$Trigger function behind guard_dependencies: refuses an edge that would close a cycle.

For AFTER INSERT OR UPDATE row triggers that are bound to the table of ranks with CREATE CONSTRAINT TRIGGER ... FROM.
Arguments in CREATE TRIGGER: task column, depends-on column; then scope=COLUMN, kind=COLUMN, blocking=LABEL, reversed=LABEL.
Errors: 23514 (constraint field <edges>_acyclic) for a cycle or an edge across scopes; 39P01 where the trigger is of another
kind; 42703 where a column is gone; 40P01 where two transactions re-rank the same graph: retry.$$;

create function steward.guard_dependencies(
    edges regclass,
    task text default 'task_id',
    depends_on text default 'depends_on',
    kind text default null,
    blocking_kinds text[] default null,
    reversed_kinds text[] default null,
    scope text default null,
    name text default null
) returns void
    language c as 'MODULE_PATHNAME', 'guard_dependencies';

comment on function steward.guard_dependencies(regclass, text, text, text, text[], text[], text, text) is
$$Keeps the dependencies in a table free of cycles, from now on and including the rows that are there.

  select steward.guard_dependencies('task_dependencies');
  select steward.guard_dependencies('tasks', task => 'id', depends_on => 'parent_task_id');

edges           the table of dependencies, a row an edge; ordinary or partitioned, owned by the caller
task            its column with the task that waits
depends_on      its column with the task that is waited for; a row with a NULL in either column is no edge
kind            its column with the kind of an edge; NULL where all edges order the graph
blocking_kinds  the kinds by which the task waits for what it depends on
reversed_kinds  the kinds by which what it depends on waits for the task (a subtask that points at its parent)
scope           a column that divides the table into separate graphs, as project_id; an edge across scopes is refused
name            tells several guards of one table apart; NULL for the only one

Keys are of type uuid, integer, bigint or text. Both columns need an index that starts with them.
Makes the table <edges>_rank beside the edges, owned by their owner. Called again with the same arguments it does nothing.
Errors: 23514 the rows that are there hold a cycle, named in DETAIL; 22023, 42703, 42704, 42809 wrong arguments; 42501 not
the owner; 55000 a missing index (the HINT has the CREATE INDEX), or inheritance children.$$;

create function steward.verify_dependencies(edges regclass, name text default null)
    returns table (problem text, task text, depends_on text, detail text)
    language c as 'MODULE_PATHNAME', 'verify_dependencies';

comment on function steward.verify_dependencies(regclass, text) is
$$Every edge that the guard did not check or that breaks its rule: no row where all is well.

  select * from steward.verify_dependencies('task_dependencies');

problem  cycle (detail has its path; others may hide behind it), unranked, out of order, other scope
An edge that was accepted against a rank that another transaction then rolled back is unranked too, until its task is used
again; that is no harm. Edges get past the guard by superusers, disabled triggers, session_replication_role = replica and ATTACH PARTITION.
rebuild_dependencies mends all but a cycle and edges across scopes. It locks nothing. For the owner of the edges.
Errors: 42501 not the owner; 42704 no guard on the table, or several and no name; 22023 NULL in edges.$$;

create function steward.rebuild_dependencies(edges regclass, name text default null)
    returns bigint
    language c as 'MODULE_PATHNAME', 'rebuild_dependencies';

comment on function steward.rebuild_dependencies(regclass, text) is
$$Ranks all edges again, those included that got past the guard, and removes the ranks of tasks without edges.

  select steward.rebuild_dependencies('task_dependencies');

Returns the number of ranks that changed. Writers of the edges wait until the transaction ends. For the owner of the edges.
Errors: 23514 the edges hold a cycle, named in DETAIL; 42501 not the owner; 42704 no guard on the table, or several and no
name; 22023 NULL in edges.$$;
",
    name = "dependencies",
    requires = ["schema_usage"],
);
