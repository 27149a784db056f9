-- Who writes takes part. To refuse a writer who does not would break every client that follows the document, which asks for no
-- such step; and to let it write without taking part would make the list of participants untrue.
--
-- As the owner, because who writes messages need not be allowed to write participants. The table is found beside the one that
-- fires, not by search_path, which the writer chooses.
create function join_conversation() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $function$
begin
    execute format(
        'insert into %I.conversation_participants (conversation_id, agent_id, joined_at) values ($1, $2, $3) on conflict do nothing',
        tg_table_schema
    ) using new.conversation_id, new.agent_id, coalesce(new.created_at, now());
    return null;
end;
$function$;

revoke execute on function join_conversation() from public;

create trigger join_conversation after insert or update of conversation_id, agent_id on messages
    for each row when (new.agent_id is not null)
    execute function join_conversation();

-- What was written before this step counts too.
insert into conversation_participants (conversation_id, agent_id, joined_at)
select conversation_id, agent_id, coalesce(min(created_at), now()) from messages where agent_id is not null group by 1, 2
on conflict do nothing;

comment on function join_conversation() is
    'AFTER row trigger of messages: the agent who wrote becomes a participant of the conversation, since the message was written.';
comment on trigger join_conversation on messages is 'An agent who writes into a conversation takes part in it.';
comment on column conversation_participants.joined_at is
    'Since when the agent takes part: when it was added, or when it first wrote, whichever came first.';
