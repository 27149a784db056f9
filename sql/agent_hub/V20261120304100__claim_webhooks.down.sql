drop view webhook_queue;
drop function requeue_webhook(uuid);
drop function fail_webhook(uuid, bigint, text);
drop function finish_webhook(uuid, bigint);
drop function extend_webhook(uuid, bigint, interval);
drop function claim_webhooks(text, integer, interval);
drop function refuse_late_worker(uuid, bigint);
drop function webhook_backoff(integer);
