-- A foreign key finds what no policy shows: without this anybody could answer into a conversation of two others, and so keep its
-- messages from being deleted. As the owner, who sees what is answered.
create function keep_thread_private() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $function$
declare
    is_foreign boolean;
begin
    execute pg_catalog.format(
        $statement$
            select exists (
                select from %I.chat_messages as answered
                where answered.id operator(pg_catalog.=) $1
                    and answered.recipient_id is not null
                    and (answered.sender_id, answered.recipient_id) is distinct from ($2, $3)
                    and (answered.sender_id, answered.recipient_id) is distinct from ($3, $2)
            )
        $statement$,
        tg_table_schema
    ) into is_foreign using new.reply_to_id, new.sender_id, new.recipient_id;
    if is_foreign then
        raise check_violation using
            message = 'an answer to a direct message is a direct message between the same two',
            hint = 'Give recipient_id as the one of the two who does not send, or leave reply_to_id out.',
            schema = tg_table_schema,
            table = tg_table_name,
            column = 'reply_to_id',
            constraint = tg_table_name || '_private_thread';
    end if;
    return new;
end;
$function$;

revoke execute on function keep_thread_private() from public;

create trigger keep_thread_private before insert on chat_messages
    for each row when (new.reply_to_id is not null)
    execute function keep_thread_private();

comment on function keep_thread_private() is
    'BEFORE INSERT row trigger of chat_messages: refuses with 23514 an answer to a direct message that is for others than the two of it.';
comment on trigger keep_thread_private on chat_messages is 'What answers a direct message is between the same two.';
