-- What keeps the completion of tasks, and counts what each still waits for.

create function steward.stamp_completion() returns trigger
    language c as 'MODULE_PATHNAME', 'stamp_completion';

comment on function steward.stamp_completion() is
$$Trigger function behind track_completion: stamps a task that becomes done, and holds it to the transitions.

For BEFORE INSERT OR UPDATE row triggers. Arguments in CREATE TRIGGER: as track_completion writes them.
Errors: 23514 (constraint field <tasks>_transitions) a status that may not follow; 39P01 where the trigger is of another kind;
42703 where a column is gone; 42809 where one has another type now.$$;

create function steward.note_task() returns trigger
    language c as 'MODULE_PATHNAME', 'note_task';

comment on function steward.note_task() is
$$Trigger function behind track_completion: notes what happens to a task, for settle_tasks.

For AFTER INSERT OR UPDATE OR DELETE row triggers that are bound to the table of readiness with CREATE CONSTRAINT TRIGGER ... FROM.
Arguments in CREATE TRIGGER: as track_completion writes them.
Errors: 39P01 where the trigger is of another kind; 42703 where a column is gone; 42809 where one has another type now.$$;

create function steward.note_task_edge() returns trigger
    language c as 'MODULE_PATHNAME', 'note_task_edge';

comment on function steward.note_task_edge() is
$$Trigger function behind track_completion: notes what happens to a dependency, for settle_tasks.

For AFTER INSERT OR UPDATE OR DELETE row triggers that are bound to the table of readiness with CREATE CONSTRAINT TRIGGER ... FROM.
Arguments in CREATE TRIGGER: as those of check_dependency.
Errors: 39P01 where the trigger is of another kind; 42703 where a column is gone; 42809 where one has another type now.$$;

create function steward.settle_tasks() returns trigger
    language c as 'MODULE_PATHNAME', 'settle_tasks';

comment on function steward.settle_tasks() is
$$Trigger function behind track_completion: works off what a statement did, and refuses what it must not do.

For statement triggers, one BEFORE and one AFTER INSERT OR UPDATE OR DELETE, on the tasks and on their dependencies.
Errors: 55000 (constraint field <tasks>_unblocked) a task is done before its blockers, or reopened under what is done;
42501 where the tables have different owners; 42809 where one of them is not what it was; 40P01 retry.$$;

create function steward.settle_tasks_late() returns trigger
    language c as 'MODULE_PATHNAME', 'settle_tasks_late';

comment on function steward.settle_tasks_late() is
$$Trigger function behind track_completion: works off what came straight into a partition.

For deferred AFTER INSERT OR UPDATE OR DELETE row triggers on partitioned tables, bound as note_task's.
Errors: as settle_tasks.$$;

create function steward.recount_tasks() returns trigger
    language c as 'MODULE_PATHNAME', 'recount_tasks';

comment on function steward.recount_tasks() is
$$Trigger function behind track_completion: counts again after a TRUNCATE.

For AFTER TRUNCATE statement triggers. Writers of the tasks and of their dependencies wait until the transaction ends.
Errors: as settle_tasks.$$;

create function steward.track_completion(
    tasks regclass,
    key text default 'id',
    status text default 'status',
    done text[] default '{done}',
    cancelled text[] default '{cancelled}',
    completed_at text default 'completed_at',
    edges regclass default null,
    enforce boolean default true,
    on_cancelled text default 'block',
    on_reopen text default 'allow',
    transitions jsonb default null,
    priority text default null,
    priorities text[] default null,
    due text default null,
    title text default null,
    assignee text default null,
    highest_first boolean default false
) returns void
    language c as 'MODULE_PATHNAME', 'track_completion';

comment on function steward.track_completion(
    regclass, text, text, text[], text[], text, regclass, boolean, text, text, jsonb, text, text[], text, text, text,
    boolean
) is
$$Keeps track of which tasks are done and which are ready, from now on and including the rows that are there.

  select steward.track_completion('tasks', edges => 'task_dependencies');

tasks         the table of tasks; ordinary or partitioned, owned by the caller
key           its key, of type uuid, integer, bigint or text, with a unique index
status        its status, an enum or a text
done          the statuses of a task that is done; complete_task sets the first
cancelled     the statuses of a task that will not be done
completed_at  its stamp: set when a task becomes done, cleared when it is reopened; other updates do not change it; NULL for none
edges         the table of dependencies, with columns and kinds as guard_dependencies has them; NULL where there are none
enforce       false: a task that is done before its blockers is only warned of
on_cancelled  'block' or 'satisfy': whether what depends on a cancelled task has to wait
on_reopen     'allow' or 'block': whether a task may be reopened, or a dependency added, under tasks that are done
transitions   which status may follow which, as '{"todo": ["in_progress"], "in_progress": ["done"]}'; NULL for all
priority      its priority, an enum, a number or a text; NULL for the column priority if there is one, '' for none
priorities    the priorities that come first, the most urgent first; needed for a text
due           when it is due; NULL for the column due_date if there is one, '' for none
title         its title, for messages; NULL for the column title if there is one, '' for none
assignee      the column that claim_task sets too; NULL for none
highest_first true: of numbers the largest is the most urgent, and of an enum the last label

Makes the table <tasks>_readiness beside the tasks, owned by their owner. Called again with the same arguments it does nothing.
Errors: 22023, 42703, 42704, 42809 wrong arguments; 42501 not the owner; 55000 a missing index (the HINT has the CREATE INDEX),
a stamp that cannot be NULL, or inheritance children.$$;

create function steward.verify_tasks(tasks regclass)
    returns table (problem text, task text, detail text)
    language c as 'MODULE_PATHNAME', 'verify_tasks';

comment on function steward.verify_tasks(regclass) is
$$Every task of which the table of readiness knows something else than the tasks and dependencies say: no row where all is well.

  select * from steward.verify_tasks('tasks');

problem  not counted, no such task, other state, other counter, other readiness, other priority, other due
Rows get past the triggers by superusers, disabled triggers, session_replication_role = replica and ATTACH PARTITION.
rebuild_tasks mends it. It locks nothing. For the owner of the tasks.
Errors: 42501 not the owner; 42704 the completion is not tracked; 22023 NULL in tasks.$$;

create function steward.rebuild_tasks(tasks regclass)
    returns bigint
    language c as 'MODULE_PATHNAME', 'rebuild_tasks';

comment on function steward.rebuild_tasks(regclass) is
$$Counts the blockers of all tasks again, those included that got past the triggers.

  select steward.rebuild_tasks('tasks');

Returns the number of tasks of which something was mended. Claims stay. Writers of the tasks and of their dependencies wait until
the transaction ends. For the owner of the tasks.
Errors: 42501 not the owner; 42704 the completion is not tracked; 22023 NULL in tasks.$$;
