-- One channel for all schemas, because the name of a channel is limited and that of a schema may be as long.
create function announce_webhooks() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    perform pg_notify('webhooks', tg_table_schema);
    return null;
end;
$function$;

create trigger announce_webhooks after insert on webhooks
    for each statement execute function announce_webhooks();

comment on function announce_webhooks() is
    'AFTER statement trigger of webhooks: tells whoever listens on the channel webhooks that something has arrived; the payload is the schema.';
comment on trigger announce_webhooks on webhooks is
    'Wakes workers that LISTEN. It saves them waiting, and no work depends on it: disable it where commits are many and nobody listens.';
