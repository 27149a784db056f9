-- Claims. Those that take a task's key are declared for every type of key, so that a driver's typed
-- parameter finds them; a literal without a type is read as text and then as the key.

create function steward.claim_task(
    tasks regclass,
    assignee text,
    lease interval default '10 minutes',
    priorities text[] default null
) returns table (task text, token bigint, claimed_until timestamptz)
    language c as 'MODULE_PATHNAME', 'claim_task';

comment on function steward.claim_task(regclass, text, interval, text[]) is
$$Takes the best task that can be begun, for a time: no other claim gets it meanwhile. No row where there is none.

  select * from steward.claim_task('tasks', 'agent-7');

tasks          a table that track_completion was called for
assignee       who claims it, for those who look; written into the column that track_completion was given as assignee, if any
lease          after this time the claim ends by itself, and the next claim may take the task over
priorities     as in ready_tasks
token          shows the claim to complete_task, extend_claim and release_claim: every claim has a higher one
claimed_until  by the clock, whatever the transaction's time
Sessions that claim at the same time do not wait for each other. The caller needs SELECT on the key and UPDATE on the
status; policies apply. The claim counts once the transaction commits, so commit before the work begins.
NULL in tasks, assignee or lease is an error.
Errors: 22023 a lease that is not longer than nothing, or priorities as in ready_tasks; 25006 a READ ONLY transaction; 42501
no right; 42704 the tasks are not tracked.$$;

create function steward.extend_claim(tasks regclass, id uuid, token bigint, lease interval default '10 minutes')
    returns timestamptz language c as 'MODULE_PATHNAME', 'extend_claim';

comment on function steward.extend_claim(regclass, uuid, bigint, interval) is
$$Holds a claimed task for longer: from now on for the time that is given. Returns the claim's new end.

  select steward.extend_claim('tasks', id, token, lease => '10 minutes');

A claim that has expired can be extended as long as nobody has taken the task over. NULL in an argument is an error.
Errors: 55000 (constraint field <tasks>_claimed) the token is not that of the last claim, or that was given back; P0002 no
such task, or not visible; 22023, 25006, 42501, 42704 as claim_task.$$;

create function steward.release_claim(tasks regclass, id uuid, token bigint)
    returns boolean language c as 'MODULE_PATHNAME', 'release_claim';

comment on function steward.release_claim(regclass, uuid, bigint) is
$$Gives a claimed task back, so that the next claim can take it. False where that was done before.

  select steward.release_claim('tasks', id, token);

NULL in an argument is an error.
Errors: 55000 (constraint field <tasks>_claimed) the token is not that of the last claim; P0002 no such task, or not visible;
25006, 42501, 42704 as claim_task.$$;

create function steward.extend_claim(tasks regclass, id bigint, token bigint, lease interval default '10 minutes')
    returns timestamptz language c as 'MODULE_PATHNAME', 'extend_claim';

comment on function steward.extend_claim(regclass, bigint, bigint, interval) is
$$Holds a claimed task for longer: from now on for the time that is given. Returns the claim's new end.

  select steward.extend_claim('tasks', id, token, lease => '10 minutes');

A claim that has expired can be extended as long as nobody has taken the task over. NULL in an argument is an error.
Errors: 55000 (constraint field <tasks>_claimed) the token is not that of the last claim, or that was given back; P0002 no
such task, or not visible; 22023, 25006, 42501, 42704 as claim_task.$$;

create function steward.release_claim(tasks regclass, id bigint, token bigint)
    returns boolean language c as 'MODULE_PATHNAME', 'release_claim';

comment on function steward.release_claim(regclass, bigint, bigint) is
$$Gives a claimed task back, so that the next claim can take it. False where that was done before.

  select steward.release_claim('tasks', id, token);

NULL in an argument is an error.
Errors: 55000 (constraint field <tasks>_claimed) the token is not that of the last claim; P0002 no such task, or not visible;
25006, 42501, 42704 as claim_task.$$;

create function steward.extend_claim(tasks regclass, id text, token bigint, lease interval default '10 minutes')
    returns timestamptz language c as 'MODULE_PATHNAME', 'extend_claim';

comment on function steward.extend_claim(regclass, text, bigint, interval) is
$$Holds a claimed task for longer: from now on for the time that is given. Returns the claim's new end.

  select steward.extend_claim('tasks', id, token, lease => '10 minutes');

A claim that has expired can be extended as long as nobody has taken the task over. NULL in an argument is an error.
Errors: 55000 (constraint field <tasks>_claimed) the token is not that of the last claim, or that was given back; P0002 no
such task, or not visible; 22023, 25006, 42501, 42704 as claim_task.$$;

create function steward.release_claim(tasks regclass, id text, token bigint)
    returns boolean language c as 'MODULE_PATHNAME', 'release_claim';

comment on function steward.release_claim(regclass, text, bigint) is
$$Gives a claimed task back, so that the next claim can take it. False where that was done before.

  select steward.release_claim('tasks', id, token);

NULL in an argument is an error.
Errors: 55000 (constraint field <tasks>_claimed) the token is not that of the last claim; P0002 no such task, or not visible;
25006, 42501, 42704 as claim_task.$$;
