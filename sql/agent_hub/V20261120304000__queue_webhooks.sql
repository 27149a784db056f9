-- A claim is a lease with a deadline, not a lock that is held while the event is worked on. A lock would need a transaction
-- as long as the work, which keeps the server from clearing away old rows and cannot go through a pool of connections; and a
-- worker that dies would take the count of its attempts with it, so that an event that kills its workers would come back
-- for ever.
alter table webhooks
    add column next_attempt_at timestamptz not null default now(),
    add column claimed_by text,
    add column claim_token bigint not null default 0,
    add column dead_at timestamptz;

-- A trigger decides, because it has created_at.
alter table webhooks alter column next_attempt_at drop default;

create function stamp_webhooks() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    new.processed := coalesce(new.processed, false);
    new.retry_count := coalesce(new.retry_count, 0);
    new.max_retries := coalesce(new.max_retries, 5);
    -- One that is dated in the future does not wait until then.
    new.next_attempt_at := coalesce(new.next_attempt_at, least(new.created_at, now()));
    if new.processed then
        new.processed_at := coalesce(new.processed_at, now());
        new.claimed_by := null;
        new.dead_at := null;
    else
        new.processed_at := null;
    end if;
    return new;
end;
$function$;

create trigger stamp_webhooks before insert or update on webhooks
    for each row execute function stamp_webhooks();

-- What was there before this step obeys it too.
update webhooks set next_attempt_at = null, retry_count = least(retry_count, max_retries);

alter table webhooks
    add constraint webhooks_retry_count_check check (retry_count between 0 and max_retries),
    add constraint webhooks_processed_at_check check ((processed is true) = (processed_at is not null)),
    add constraint webhooks_claimed_by_check check (claimed_by is null or processed is not true and dead_at is null),
    add constraint webhooks_dead_at_check check (dead_at is null or processed is not true);

-- Nothing that is done, and first what has waited the longest: a claim reads its first entries, however many events there are.
create index idx_webhooks_queue on webhooks (next_attempt_at, created_at)
    where processed is not true and dead_at is null;
create index idx_webhooks_last_attempt on webhooks (next_attempt_at)
    where processed is not true and dead_at is null and claimed_by is not null and retry_count >= max_retries;

comment on column webhooks.processed_at is 'When it was worked off, stamped by a trigger; NULL if it was not.';
comment on column webhooks.error_message is 'Why it could not be worked off the last time that it was tried in vain; NULL if it never was.';
comment on column webhooks.retry_count is 'How many attempts have followed the first, or are going to: one that fails is due again until max_retries is reached.';
comment on column webhooks.max_retries is 'How many attempts may follow the first; with 0 a failure is final.';
comment on column webhooks.next_attempt_at is
    'From when on a worker may claim it. While one has it, this is the end of the lease. First it is created_at, but not later than now.';
comment on column webhooks.claimed_by is 'The worker that has it, until next_attempt_at; NULL when none has.';
comment on column webhooks.claim_token is
    'How often it was claimed: the token of the last claim, without which nobody ends it. So a worker that comes late is refused.';
comment on column webhooks.dead_at is 'When it was given up, after max_retries; NULL otherwise. requeue_webhook() has it tried again.';
comment on function stamp_webhooks() is
    'BEFORE row trigger of webhooks: processed_at follows processed, next_attempt_at begins with created_at, and counts that are NULL become their defaults.';
comment on trigger stamp_webhooks on webhooks is 'Keeps the columns of the queue in agreement with each other, whoever writes.';
comment on constraint webhooks_retry_count_check on webhooks is 'There are never more retries than max_retries.';
comment on constraint webhooks_processed_at_check on webhooks is 'Processed means that it is known when.';
comment on constraint webhooks_claimed_by_check on webhooks is 'No worker has what is done or given up.';
comment on constraint webhooks_dead_at_check on webhooks is 'What is done is not given up.';
comment on index idx_webhooks_queue is 'Events that are neither done nor given up, in the order in which they are due.';
comment on index idx_webhooks_last_attempt is 'Events that are tried for the last time, by the end of the lease: a worker that dies over one leaves it dead.';
