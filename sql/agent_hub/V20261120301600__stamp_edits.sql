create function stamp_edit() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    new.is_edited := new.content is distinct from old.content or old.is_edited;
    return new;
end;
$function$;

create trigger stamp_edit before update on messages
    for each row execute function stamp_edit();

comment on function stamp_edit() is
    'BEFORE UPDATE row trigger of messages: is_edited tells of changes of the content, and of nothing else.';
comment on trigger stamp_edit on messages is 'Keeps is_edited.';
