-- An insert that names no channel has the default, and nobody can tell that from one that names it.
create function leave_channel() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    new.channel := null;
    return new;
end;
$function$;

create trigger leave_channel before insert or update on chat_messages
    for each row when (new.recipient_id is not null and new.channel is not null)
    execute function leave_channel();

comment on function leave_channel() is 'BEFORE row trigger of chat_messages: takes a direct message out of its channel.';
comment on trigger leave_channel on chat_messages is 'Takes direct messages out of the channel that the default puts them into.';
