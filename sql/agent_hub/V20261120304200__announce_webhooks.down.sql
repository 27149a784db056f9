drop trigger announce_webhooks on webhooks;
drop function announce_webhooks();
