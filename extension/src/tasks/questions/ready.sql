-- What can be begun. STABLE: it reads under the snapshot of the statement that asks, and writes nothing. The
-- clock, which decides about claims that expire meanwhile, is looked at once in a call.

create function steward.ready_tasks(tasks regclass, max_rows integer default 50, priorities text[] default null)
    returns setof text stable language c as 'MODULE_PATHNAME', 'ready_tasks';

comment on function steward.ready_tasks(regclass, integer, text[]) is
$$The keys of the tasks that can be begun: open, all blockers done, claimed by nobody; the best first.

  select * from steward.ready_tasks('tasks');
  select * from steward.ready_tasks('tasks', 10, priorities => '{urgent,high}');

tasks       a table that track_completion was called for
max_rows    how many at most
priorities  the priorities that come first, in this order; all others follow in their own. NULL for the list that was given
            to track_completion, if any; without one, the order of the enum, or numbers from the lowest
Ordered by priority, then by due date, then by key; NULLs last. For keys of their own type see the other form.
Reads with the caller's rights, also on a standby. NULL in tasks or max_rows is an error.
Errors: 22023 max_rows below 1, priorities that are texts and no list, no such priority; 42501 no right to read the keys;
42704 the tasks are not tracked.$$;

create function steward.ready_tasks(
    tasks regclass,
    key anyelement,
    max_rows integer default 50,
    priorities text[] default null
) returns setof anyelement stable language c as 'MODULE_PATHNAME', 'ready_tasks_typed';

comment on function steward.ready_tasks(regclass, anyelement, integer, text[]) is
$$ready_tasks with keys of the type of the second argument, whose value does not matter.

  select * from steward.ready_tasks('tasks', null::uuid);
  select * from steward.ready_tasks('tasks', key => null::integer);

Write "key =>" where keys are integers: without it the number is taken for max_rows.
Errors: as ready_tasks.$$;
