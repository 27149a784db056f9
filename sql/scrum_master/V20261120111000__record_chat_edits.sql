create function stamp_edit() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    if new.message is distinct from old.message then
        new.is_edited := true;
        new.edited_at := pg_catalog.now();
    else
        new.is_edited := old.is_edited;
        new.edited_at := old.edited_at;
    end if;
    return new;
end;
$function$;

-- As the owner, so that an application need not be able to write the history. The table is found beside the one that
-- fires, not by search_path, which the writer chooses; only the owner can attach this function to another table.
create function keep_old_text() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $function$
begin
    execute pg_catalog.format(
        'insert into %I.chat_message_edits (message_id, old_message) values ($1, $2)', tg_table_schema
    ) using new.id, old.message;
    return null;
end;
$function$;

revoke execute on function keep_old_text() from public;

create trigger stamp_edit before update on chat_messages
    for each row execute function stamp_edit();
create trigger keep_old_text after update on chat_messages
    for each row when (new.message is distinct from old.message)
    execute function keep_old_text();

comment on function stamp_edit() is
    'BEFORE UPDATE row trigger of chat_messages: is_edited and edited_at tell of changes of the text, and of nothing else.';
comment on function keep_old_text() is
    'AFTER UPDATE row trigger of chat_messages: puts the text that was changed into chat_message_edits.';
comment on trigger stamp_edit on chat_messages is 'Keeps is_edited and edited_at.';
comment on trigger keep_old_text on chat_messages is 'Puts a text that was changed into chat_message_edits.';
