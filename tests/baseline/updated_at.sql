-- What keeps updated_at in most schemas today: one trigger function for every table that has the column.
create function set_updated_at() returns trigger
    language plpgsql
as $function$
begin
    new.updated_at = current_timestamp;
    return new;
end;
$function$;

create trigger tasks_updated_at
    before update on tasks
    for each row execute function set_updated_at();
