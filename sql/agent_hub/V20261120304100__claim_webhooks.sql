-- Bodies are bound to the table when they are created, whatever search_path they are called under. They run with the rights
-- of whoever calls them.

create function webhook_backoff(retry integer) returns interval
    language sql
begin atomic
    select least(interval '30 seconds' * 2 ^ least(greatest(retry, 1) - 1, 20), interval '1 hour') * (0.5 + random() / 2);
end;

-- The bodies below cannot raise an error themselves.
create function refuse_late_worker(webhook uuid, token bigint) returns timestamptz
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    raise exception using
        errcode = 'object_not_in_prerequisite_state',
        message = format('webhook %s is not held by claim %s', webhook, token),
        detail = 'The lease ran out and another worker has it or has ended it, or the claim was ended before.',
        hint = 'Drop the work with a rollback, and claim another one. A lease that is too short is extended by extend_webhook().',
        table = 'webhooks',
        constraint = 'webhooks_claimed';
end;
$function$;

-- How many are asked for is not known when this is planned, so the planner expects many: sorting what waits would seem cheaper
-- to it than following the index. And what it is told not to do costs so much in its eyes that it would compile the rest.
create function claim_webhooks(worker text, max_events integer default 1, lease interval default '5 minutes')
    returns setof webhooks
    language sql
    set enable_sort = off
    set jit = off
begin atomic
    -- Nobody came back from the last attempt.
    with given_up as materialized (
        select array(
            select id from webhooks
            where processed is not true and dead_at is null and claimed_by is not null and retry_count >= max_retries
                and next_attempt_at <= statement_timestamp()
            order by next_attempt_at
            limit 100
            for update skip locked
        ) as ids
    )
    update webhooks
    set dead_at = now(),
        error_message = format('%s did not come back before its lease ran out', claimed_by),
        claimed_by = null
    where id = any ((select ids from given_up)::uuid[]);

    with next as materialized (
        select array(
            select id from webhooks
            where processed is not true and dead_at is null
                and (claimed_by is null or retry_count < max_retries)
                and next_attempt_at <= statement_timestamp()
            order by next_attempt_at, created_at
            limit max_events
            for update skip locked
        ) as ids
    ),
    claimed as (
        update webhooks
        set retry_count = case when claimed_by is null then retry_count else retry_count + 1 end,
            error_message = case
                when claimed_by is null then error_message
                else format('%s did not come back before its lease ran out', claimed_by)
            end,
            claimed_by = coalesce(worker, 'unknown'),
            claim_token = claim_token + 1,
            next_attempt_at = statement_timestamp() + greatest(coalesce(lease, interval '5 minutes'), interval '0')
        where id = any ((select ids from next)::uuid[])
        returning *
    )
    select claimed.* from claimed, next order by array_position(next.ids, claimed.id);
end;

create function extend_webhook(webhook uuid, token bigint, lease interval default '5 minutes') returns timestamptz
    language sql
begin atomic
    with extended as (
        update webhooks
        set next_attempt_at = statement_timestamp() + greatest(coalesce(lease, interval '5 minutes'), interval '0')
        where id = webhook and claim_token = token and claimed_by is not null
        returning next_attempt_at
    )
    select case
        when exists (select from extended) then (select next_attempt_at from extended)
        else refuse_late_worker(webhook, token)
    end;
end;

-- A worker whose connection broke may ask once more.
create function finish_webhook(webhook uuid, token bigint) returns timestamptz
    language sql
begin atomic
    with finished as (
        update webhooks
        set processed = true, processed_at = now()
        where id = webhook and claim_token = token and claimed_by is not null
        returning processed_at
    ),
    known as (
        select processed_at from finished
        union all
        select processed_at from webhooks where id = webhook and claim_token = token and processed
    )
    select case
        when exists (select from known) then (select processed_at from known limit 1)
        else refuse_late_worker(webhook, token)
    end;
end;

create function fail_webhook(webhook uuid, token bigint, error text) returns timestamptz
    language sql
begin atomic
    with failed as (
        update webhooks
        set error_message = error,
            claimed_by = null,
            dead_at = case when retry_count >= max_retries then now() end,
            next_attempt_at = statement_timestamp() + webhook_backoff(retry_count + 1),
            retry_count = least(retry_count + 1, max_retries)
        where id = webhook and claim_token = token and claimed_by is not null
        returning case when dead_at is null then next_attempt_at end as next_attempt_at
    )
    select case
        when exists (select from failed) then (select next_attempt_at from failed)
        else refuse_late_worker(webhook, token)
    end;
end;

create function requeue_webhook(webhook uuid) returns boolean
    language sql
begin atomic
    with requeued as (
        update webhooks
        set dead_at = null, claimed_by = null, retry_count = 0, next_attempt_at = statement_timestamp()
        where id = webhook and processed is not true
            and (
                dead_at is not null
                or claimed_by is not null and retry_count >= max_retries and next_attempt_at <= statement_timestamp()
            )
        returning id
    )
    select exists (select from requeued);
end;

create view webhook_queue with (security_invoker = true) as
    select
        id,
        project_id,
        source,
        event_type,
        case
            when dead_at is not null then 'dead'
            when next_attempt_at > statement_timestamp() then case when claimed_by is null then 'waiting' else 'claimed' end
            when claimed_by is not null and retry_count >= max_retries then 'dead'
            else 'ready'
        end as state,
        claimed_by,
        next_attempt_at,
        retry_count,
        max_retries,
        error_message,
        created_at
    from webhooks
    where processed is not true;

comment on function webhook_backoff(integer) is
    'How long an event waits before that retry: 30 seconds, then twice as long each time, at most an hour; of that between half and all, so that what failed together does not come back together. Replace it where that does not suit.';
comment on function refuse_late_worker(uuid, bigint) is 'Raises the error for a worker that ends a claim which is not its own: 55000, constraint webhooks_claimed.';
comment on function claim_webhooks(text, integer, interval) is
    'Hands so many events that are due to this worker, those first that are due the longest, each with the token that ends the claim; nobody else gets them before the lease runs out. Commit before working on them.';
comment on function extend_webhook(uuid, bigint, interval) is 'Gives a worker more time from now on, and returns until when.';
comment on function finish_webhook(uuid, bigint) is 'The event is processed; returns since when. Refused (55000) where the claim with this token is not the last one.';
comment on function fail_webhook(uuid, bigint, text) is
    'The attempt failed: returns when the next one is due, or NULL where there is none and the event is dead. Refused (55000) where the claim with this token is not the last one.';
comment on function requeue_webhook(uuid) is 'Has a dead event tried anew, with all its retries; false where it is not dead.';
comment on view webhook_queue is 'The events that are not processed, and how each stands.';
comment on column webhook_queue.id is 'The event: the key of webhooks.';
comment on column webhook_queue.project_id is 'The project that it is about.';
comment on column webhook_queue.source is 'Who sent it, such as github.';
comment on column webhook_queue.event_type is 'What kind of event it is.';
comment on column webhook_queue.state is
    'ready: the next claim takes it; claimed: a worker has it; waiting: a retry is due later; dead: it is not tried again.';
comment on column webhook_queue.claimed_by is 'The worker that has it, or did not come back.';
comment on column webhook_queue.next_attempt_at is 'From when on it may be claimed: the end of the lease, or when a retry is due.';
comment on column webhook_queue.retry_count is 'How many attempts have followed the first, or are going to.';
comment on column webhook_queue.max_retries is 'How many there may be.';
comment on column webhook_queue.error_message is 'What went wrong the last time.';
comment on column webhook_queue.created_at is 'When it arrived.';
