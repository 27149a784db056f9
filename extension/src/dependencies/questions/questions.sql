-- The questions that one asks of a guarded graph. Each is declared for every type of key, so that a
-- driver's typed parameter finds it; a literal without a type is read as text and then as the key.

create function steward.would_cycle(edges regclass, task uuid, depends_on uuid, name text default null)
    returns boolean language c as 'MODULE_PATHNAME', 'would_cycle';

comment on function steward.would_cycle(regclass, uuid, uuid, text) is
$$True where "task depends on depends_on" would close a cycle in a guarded edge table.

  select steward.would_cycle('task_dependencies', task => '...', depends_on => '...');

It looks at what the caller may read, now; only the guard itself holds against others that write at the same time.
NULL in edges, task or depends_on is an error.
Errors: 22P02 no key; 42704 no guard on the table, or several and no name; 42501 no right to read the edges.$$;

create function steward.would_cycle(edges regclass, task bigint, depends_on bigint, name text default null)
    returns boolean language c as 'MODULE_PATHNAME', 'would_cycle';

comment on function steward.would_cycle(regclass, bigint, bigint, text) is
$$True where "task depends on depends_on" would close a cycle in a guarded edge table.

  select steward.would_cycle('task_dependencies', task => '...', depends_on => '...');

It looks at what the caller may read, now; only the guard itself holds against others that write at the same time.
NULL in edges, task or depends_on is an error.
Errors: 22P02 no key; 42704 no guard on the table, or several and no name; 42501 no right to read the edges.$$;

create function steward.would_cycle(edges regclass, task text, depends_on text, name text default null)
    returns boolean language c as 'MODULE_PATHNAME', 'would_cycle';

comment on function steward.would_cycle(regclass, text, text, text) is
$$True where "task depends on depends_on" would close a cycle in a guarded edge table.

  select steward.would_cycle('task_dependencies', task => '...', depends_on => '...');

It looks at what the caller may read, now; only the guard itself holds against others that write at the same time.
NULL in edges, task or depends_on is an error.
Errors: 22P02 no key; 42704 no guard on the table, or several and no name; 42501 no right to read the edges.$$;

create function steward.dependency_path(edges regclass, task uuid, depends_on uuid, name text default null)
    returns text[] language c as 'MODULE_PATHNAME', 'dependency_path';

comment on function steward.dependency_path(regclass, uuid, uuid, text) is
$$The shortest chain by which task waits for depends_on, both included; NULL where it does not.

  select steward.dependency_path('task_dependencies', task => '...', depends_on => '...');

Answers "why is this blocked by that?". Reads with the caller's rights. NULL in edges, task or depends_on is an error.
Errors: as would_cycle.$$;

create function steward.dependency_path(edges regclass, task bigint, depends_on bigint, name text default null)
    returns text[] language c as 'MODULE_PATHNAME', 'dependency_path';

comment on function steward.dependency_path(regclass, bigint, bigint, text) is
$$The shortest chain by which task waits for depends_on, both included; NULL where it does not.

  select steward.dependency_path('task_dependencies', task => '...', depends_on => '...');

Answers "why is this blocked by that?". Reads with the caller's rights. NULL in edges, task or depends_on is an error.
Errors: as would_cycle.$$;

create function steward.dependency_path(edges regclass, task text, depends_on text, name text default null)
    returns text[] language c as 'MODULE_PATHNAME', 'dependency_path';

comment on function steward.dependency_path(regclass, text, text, text) is
$$The shortest chain by which task waits for depends_on, both included; NULL where it does not.

  select steward.dependency_path('task_dependencies', task => '...', depends_on => '...');

Answers "why is this blocked by that?". Reads with the caller's rights. NULL in edges, task or depends_on is an error.
Errors: as would_cycle.$$;

create function steward.dependencies(
    edges regclass,
    task uuid,
    max_depth integer default null,
    name text default null
) returns table (dependency uuid, depth integer) language c as 'MODULE_PATHNAME', 'dependencies';

comment on function steward.dependencies(regclass, uuid, integer, text) is
$$Names all that a task waits for, directly (depth 1) or through others (the least depth counts).

  select * from steward.dependencies('task_dependencies', '...');

max_depth  how far to go; NULL for all the way
Reads with the caller's rights; a node that is reached on many ways is looked at once. NULL in edges or task is an error.
Errors: 22023 max_depth below 1; otherwise as would_cycle.$$;

create function steward.dependencies(
    edges regclass,
    task bigint,
    max_depth integer default null,
    name text default null
) returns table (dependency bigint, depth integer) language c as 'MODULE_PATHNAME', 'dependencies';

comment on function steward.dependencies(regclass, bigint, integer, text) is
$$Names all that a task waits for, directly (depth 1) or through others (the least depth counts).

  select * from steward.dependencies('task_dependencies', '...');

max_depth  how far to go; NULL for all the way
Reads with the caller's rights; a node that is reached on many ways is looked at once. NULL in edges or task is an error.
Errors: 22023 max_depth below 1; otherwise as would_cycle.$$;

create function steward.dependencies(
    edges regclass,
    task text,
    max_depth integer default null,
    name text default null
) returns table (dependency text, depth integer) language c as 'MODULE_PATHNAME', 'dependencies';

comment on function steward.dependencies(regclass, text, integer, text) is
$$Names all that a task waits for, directly (depth 1) or through others (the least depth counts).

  select * from steward.dependencies('task_dependencies', '...');

max_depth  how far to go; NULL for all the way
Reads with the caller's rights; a node that is reached on many ways is looked at once. NULL in edges or task is an error.
Errors: 22023 max_depth below 1; otherwise as would_cycle.$$;

create function steward.dependents(
    edges regclass,
    task uuid,
    max_depth integer default null,
    name text default null
) returns table (dependent uuid, depth integer) language c as 'MODULE_PATHNAME', 'dependents';

comment on function steward.dependents(regclass, uuid, integer, text) is
$$Names all that waits for a task, directly (depth 1) or through others (the least depth counts).

  select * from steward.dependents('task_dependencies', '...');

max_depth  how far to go; NULL for all the way
Reads with the caller's rights; a node that is reached on many ways is looked at once. NULL in edges or task is an error.
Errors: 22023 max_depth below 1; otherwise as would_cycle.$$;

create function steward.dependents(
    edges regclass,
    task bigint,
    max_depth integer default null,
    name text default null
) returns table (dependent bigint, depth integer) language c as 'MODULE_PATHNAME', 'dependents';

comment on function steward.dependents(regclass, bigint, integer, text) is
$$Names all that waits for a task, directly (depth 1) or through others (the least depth counts).

  select * from steward.dependents('task_dependencies', '...');

max_depth  how far to go; NULL for all the way
Reads with the caller's rights; a node that is reached on many ways is looked at once. NULL in edges or task is an error.
Errors: 22023 max_depth below 1; otherwise as would_cycle.$$;

create function steward.dependents(
    edges regclass,
    task text,
    max_depth integer default null,
    name text default null
) returns table (dependent text, depth integer) language c as 'MODULE_PATHNAME', 'dependents';

comment on function steward.dependents(regclass, text, integer, text) is
$$Names all that waits for a task, directly (depth 1) or through others (the least depth counts).

  select * from steward.dependents('task_dependencies', '...');

max_depth  how far to go; NULL for all the way
Reads with the caller's rights; a node that is reached on many ways is looked at once. NULL in edges or task is an error.
Errors: 22023 max_depth below 1; otherwise as would_cycle.$$;

create function steward.topological_order(edges regclass, name text default null)
    returns table ("position" bigint, task text, depth integer)
    language c as 'MODULE_PATHNAME', 'topological_order';

comment on function steward.topological_order(regclass, text) is
$$All tasks that have an edge, in an order in which each comes after all that it waits for.

  select * from steward.topological_order('task_dependencies');

position  from 1
depth     the length of the longest chain below the task: 0 for a task that waits for nothing, so tasks of one depth can be
          done at the same time
Reads with the caller's rights. NULL in edges is an error.
Errors: 23514 the edges hold a cycle (loaded past the guard), named in DETAIL; 42704, 42501 as would_cycle.$$;

create function steward.topological_order(edges regclass, key anyelement, name text default null)
    returns table ("position" bigint, task anyelement, depth integer)
    language c as 'MODULE_PATHNAME', 'topological_order_typed';

comment on function steward.topological_order(regclass, anyelement, text) is
$$topological_order with keys of the type of the second argument, whose value does not matter.

  select * from steward.topological_order('task_dependencies', null::uuid);

Errors: as topological_order.$$;

create function steward.critical_path(
    edges regclass,
    tasks regclass default null,
    duration text default null,
    key text default 'id',
    name text default null
) returns table ("position" bigint, task text, task_duration double precision, total double precision)
    language c as 'MODULE_PATHNAME', 'critical_path';

comment on function steward.critical_path(regclass, regclass, text, text, text) is
$$The chain of tasks that takes longest: what decides when everything can be done.

  select * from steward.critical_path('task_dependencies');
  select * from steward.critical_path('task_dependencies', tasks => 'tasks', duration => 'estimated_hours');

tasks          the table of the tasks; NULL to count every task as 1
duration       its column with the time that a task takes: a number, or an interval, which counts in seconds; NULL there counts
               as 0. NULL for 1 a task
key            the column of tasks that the edges refer to
position       from 1, what is done first
task_duration  the task's own duration; total: up to and including it
Reads with the caller's rights. NULL in edges or key is an error.
Errors: 22023 a duration that is negative or not a number; 42703, 42809 no such column, or one that is no duration; 23514 the
edges hold a cycle; 42704, 42501 as would_cycle.$$;

create function steward.dependency_graph(edges regclass, format text default 'mermaid', name text default null)
    returns text language c as 'MODULE_PATHNAME', 'dependency_graph';

comment on function steward.dependency_graph(regclass, text, text) is
$$The graph as text to draw: format mermaid or dot. An arrow leads from a task to the tasks that wait for it.

  select steward.dependency_graph('task_dependencies');

Reads with the caller's rights. NULL in edges or format is an error.
Errors: 22023 another format; 42704, 42501 as would_cycle.$$;
