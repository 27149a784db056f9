drop index idx_webhooks_last_attempt;
drop index idx_webhooks_queue;
drop trigger stamp_webhooks on webhooks;
drop function stamp_webhooks();
alter table webhooks
    drop constraint webhooks_dead_at_check,
    drop constraint webhooks_claimed_by_check,
    drop constraint webhooks_processed_at_check,
    drop constraint webhooks_retry_count_check,
    drop column dead_at,
    drop column claim_token,
    drop column claimed_by,
    drop column next_attempt_at;
comment on column webhooks.processed_at is 'When it was worked off; NULL if it was not.';
comment on column webhooks.error_message is 'Why it could not be worked off the last time; NULL if it could.';
comment on column webhooks.retry_count is 'How often it could not be worked off.';
comment on column webhooks.max_retries is 'How often it is tried again.';
