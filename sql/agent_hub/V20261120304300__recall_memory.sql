create view current_agent_memory with (security_invoker = true) as
    select id, agent_id, project_id, category, key, value, importance, expires_at, created_at, updated_at
    from agent_memory
    where expires_at is null or expires_at > now();

-- Two statements, because each of the two unique indexes has to be named where it may be met.
create function remember(
    agent uuid,
    category text,
    key text,
    value jsonb,
    project uuid default null,
    importance integer default 5,
    lasts interval default null
) returns uuid
    language sql
begin atomic
    with general as (
        insert into agent_memory as known (agent_id, category, key, value, importance, expires_at)
        select remember.agent, remember.category, remember.key, remember.value, remember.importance, now() + remember.lasts
        where remember.project is null
        on conflict (agent_id, category, key) where project_id is null do update
        set value = excluded.value,
            importance = excluded.importance,
            expires_at = excluded.expires_at,
            created_at = case when known.expires_at <= now() then excluded.created_at else known.created_at end
        returning id
    ),
    of_project as (
        insert into agent_memory as known (agent_id, project_id, category, key, value, importance, expires_at)
        select remember.agent, remember.project, remember.category, remember.key, remember.value, remember.importance, now() + remember.lasts
        where remember.project is not null
        on conflict (agent_id, project_id, category, key) do update
        set value = excluded.value,
            importance = excluded.importance,
            expires_at = excluded.expires_at,
            created_at = case when known.expires_at <= now() then excluded.created_at else known.created_at end
        returning id
    )
    select id from general
    union all
    select id from of_project;
end;

create function recall(agent uuid, project uuid default null, category text default null, key text default null, max_rows integer default 100)
    returns setof agent_memory
    language sql
    stable
begin atomic
    select memory.id, memory.agent_id, memory.project_id, memory.category, memory.key, memory.value, memory.importance,
        memory.expires_at, memory.created_at, memory.updated_at
    from current_agent_memory as memory
    where memory.agent_id = recall.agent
        and (memory.project_id = recall.project or memory.project_id is null)
        and (recall.category is null or memory.category = recall.category)
        and (recall.key is null or memory.key = recall.key)
    order by memory.importance desc nulls last, memory.project_id is null, memory.updated_at desc nulls last, memory.id
    limit recall.max_rows;
end;

-- What is remembered anew between the look and the lock is looked at again, and stays.
create function forget_expired(max_rows integer default 1000) returns bigint
    language sql
    set enable_sort = off
    set jit = off
begin atomic
    with expired as materialized (
        select array(
            select id from agent_memory where expires_at <= now() order by expires_at limit max_rows for update skip locked
        ) as ids
    ),
    forgotten as (
        delete from agent_memory where id = any ((select ids from expired)::uuid[]) returning id
    )
    select count(*) from forgotten;
end;

comment on column agent_memory.expires_at is
    'From when on it is forgotten: recall() and current_agent_memory do not show it, and forget_expired() deletes it; NULL for never.';
comment on function remember(uuid, text, text, jsonb, uuid, integer, interval) is
    'Keeps a value under this key of the agent, in the project or, without one, in general; for so long, or for ever. What was there is replaced. Returns its id.';
comment on function recall(uuid, uuid, text, text, integer) is
    'What the agent knows in a project and in general, or without a project in general only; nothing that has expired. The most important first, then what is the project''s, then the newest.';
comment on function forget_expired(integer) is
    'Deletes at most so many memories that have expired, and returns how many; those that another session has locked are left for the next time. For a clock: pg_cron, or a crontab.';
comment on view current_agent_memory is 'What agents know, without what has expired.';
comment on column current_agent_memory.id is 'The key of agent_memory.';
comment on column current_agent_memory.agent_id is 'Whose memory it is.';
comment on column current_agent_memory.project_id is 'In which project; NULL in general.';
comment on column current_agent_memory.category is 'What kind of thing is known.';
comment on column current_agent_memory.key is 'By what it is found again.';
comment on column current_agent_memory.value is 'What is known.';
comment on column current_agent_memory.importance is 'From 1 to 10, the most important.';
comment on column current_agent_memory.expires_at is 'When it is forgotten; NULL for never.';
comment on column current_agent_memory.created_at is 'When it was first remembered.';
comment on column current_agent_memory.updated_at is 'When it was last remembered.';
