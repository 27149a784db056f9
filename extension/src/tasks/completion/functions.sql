-- What one does with a task, and asks of it. Each is declared for every type of key, so that a driver's typed
-- parameter finds it; a literal without a type is read as text and then as the key.

create function steward.complete_task(tasks regclass, id uuid, token bigint default null)
    returns setof text language c as 'MODULE_PATHNAME', 'complete_task';

comment on function steward.complete_task(regclass, uuid, bigint) is
$$Completes a task: sets the first of its done statuses, and returns the keys of the tasks that this made ready.

  select * from steward.complete_task('tasks', '...');

token  the token of the claim by which the caller works on it; NULL without a claim
It is the caller's own UPDATE: rights, policies, triggers and transitions apply. A task that is done already is no error; it
returns none then. Within a trigger of the tasks or of their dependencies it returns none either: they are counted when the
statement that fired it ends. NULL in tasks or id is an error.
Errors: P0002 no such task, or none that the caller may change; 55000 (constraint field <tasks>_unblocked) it waits for others,
named in DETAIL; 55000 (<tasks>_claimed) somebody else has claimed it; 23514 (<tasks>_transitions); 22P02 no key;
42704 the completion is not tracked.$$;

create function steward.complete_task(tasks regclass, id bigint, token bigint default null)
    returns setof text language c as 'MODULE_PATHNAME', 'complete_task';

comment on function steward.complete_task(regclass, bigint, bigint) is
$$Completes a task: sets the first of its done statuses, and returns the keys of the tasks that this made ready.

  select * from steward.complete_task('tasks', '...');

token  the token of the claim by which the caller works on it; NULL without a claim
It is the caller's own UPDATE: rights, policies, triggers and transitions apply. A task that is done already is no error; it
returns none then. Within a trigger of the tasks or of their dependencies it returns none either: they are counted when the
statement that fired it ends. NULL in tasks or id is an error.
Errors: P0002 no such task, or none that the caller may change; 55000 (constraint field <tasks>_unblocked) it waits for others,
named in DETAIL; 55000 (<tasks>_claimed) somebody else has claimed it; 23514 (<tasks>_transitions); 22P02 no key;
42704 the completion is not tracked.$$;

create function steward.complete_task(tasks regclass, id text, token bigint default null)
    returns setof text language c as 'MODULE_PATHNAME', 'complete_task';

comment on function steward.complete_task(regclass, text, bigint) is
$$Completes a task: sets the first of its done statuses, and returns the keys of the tasks that this made ready.

  select * from steward.complete_task('tasks', '...');

token  the token of the claim by which the caller works on it; NULL without a claim
It is the caller's own UPDATE: rights, policies, triggers and transitions apply. A task that is done already is no error; it
returns none then. Within a trigger of the tasks or of their dependencies it returns none either: they are counted when the
statement that fired it ends. NULL in tasks or id is an error.
Errors: P0002 no such task, or none that the caller may change; 55000 (constraint field <tasks>_unblocked) it waits for others,
named in DETAIL; 55000 (<tasks>_claimed) somebody else has claimed it; 23514 (<tasks>_transitions); 22P02 no key;
42704 the completion is not tracked.$$;

create function steward.reopen_task(tasks regclass, id uuid, status text default null)
    returns boolean language c as 'MODULE_PATHNAME', 'reopen_task';

comment on function steward.reopen_task(regclass, uuid, text) is
$$Reopens a task that is done or cancelled; false where it is open.

  select steward.reopen_task('tasks', '...');

status  the status that it gets; NULL for the first open one that the transitions name, or else the column's default
It is the caller's own UPDATE: rights, policies, triggers and transitions apply. NULL in tasks or id is an error.
Errors: P0002 no such task, or none that the caller may change; 22023 no open status is known; 55000 (constraint field
<tasks>_unblocked) tasks that wait for it are done and on_reopen is 'block'; 23514 (<tasks>_transitions); 22P02 no key;
42704 the completion is not tracked.$$;

create function steward.reopen_task(tasks regclass, id bigint, status text default null)
    returns boolean language c as 'MODULE_PATHNAME', 'reopen_task';

comment on function steward.reopen_task(regclass, bigint, text) is
$$Reopens a task that is done or cancelled; false where it is open.

  select steward.reopen_task('tasks', '...');

status  the status that it gets; NULL for the first open one that the transitions name, or else the column's default
It is the caller's own UPDATE: rights, policies, triggers and transitions apply. NULL in tasks or id is an error.
Errors: P0002 no such task, or none that the caller may change; 22023 no open status is known; 55000 (constraint field
<tasks>_unblocked) tasks that wait for it are done and on_reopen is 'block'; 23514 (<tasks>_transitions); 22P02 no key;
42704 the completion is not tracked.$$;

create function steward.reopen_task(tasks regclass, id text, status text default null)
    returns boolean language c as 'MODULE_PATHNAME', 'reopen_task';

comment on function steward.reopen_task(regclass, text, text) is
$$Reopens a task that is done or cancelled; false where it is open.

  select steward.reopen_task('tasks', '...');

status  the status that it gets; NULL for the first open one that the transitions name, or else the column's default
It is the caller's own UPDATE: rights, policies, triggers and transitions apply. NULL in tasks or id is an error.
Errors: P0002 no such task, or none that the caller may change; 22023 no open status is known; 55000 (constraint field
<tasks>_unblocked) tasks that wait for it are done and on_reopen is 'block'; 23514 (<tasks>_transitions); 22P02 no key;
42704 the completion is not tracked.$$;

create function steward.blockers(tasks regclass, id uuid, transitive boolean default false)
    returns table (task text, title text, status text, depth integer) language c stable as 'MODULE_PATHNAME', 'blockers';

comment on function steward.blockers(regclass, uuid, boolean) is
$$What a task still waits for, the nearest first.

  select * from steward.blockers('tasks', '...');

transitive  also what those wait for, and so on; depth tells how far away
Reads with the caller's rights; tasks that he may not see are not named. NULL in tasks, id or transitive is an error.
Errors: 42704 the completion is not tracked; 42501 no right to read the tasks or their dependencies; 22P02 no key.$$;

create function steward.blockers(tasks regclass, id bigint, transitive boolean default false)
    returns table (task text, title text, status text, depth integer) language c stable as 'MODULE_PATHNAME', 'blockers';

comment on function steward.blockers(regclass, bigint, boolean) is
$$What a task still waits for, the nearest first.

  select * from steward.blockers('tasks', '...');

transitive  also what those wait for, and so on; depth tells how far away
Reads with the caller's rights; tasks that he may not see are not named. NULL in tasks, id or transitive is an error.
Errors: 42704 the completion is not tracked; 42501 no right to read the tasks or their dependencies; 22P02 no key.$$;

create function steward.blockers(tasks regclass, id text, transitive boolean default false)
    returns table (task text, title text, status text, depth integer) language c stable as 'MODULE_PATHNAME', 'blockers';

comment on function steward.blockers(regclass, text, boolean) is
$$What a task still waits for, the nearest first.

  select * from steward.blockers('tasks', '...');

transitive  also what those wait for, and so on; depth tells how far away
Reads with the caller's rights; tasks that he may not see are not named. NULL in tasks, id or transitive is an error.
Errors: 42704 the completion is not tracked; 42501 no right to read the tasks or their dependencies; 22P02 no key.$$;
