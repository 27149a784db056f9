-- The same, for rows that really change: the function compares the whole rows.
create function set_updated_at_of_changes() returns trigger
    language plpgsql
as $function$
begin
    if new is distinct from old then
        new.updated_at = current_timestamp;
    end if;
    return new;
end;
$function$;

create trigger tasks_updated_at
    before update on tasks
    for each row execute function set_updated_at_of_changes();
