-- The same, written better: the executor compares the rows, and calls the function for changed ones only.
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
    for each row
    when (old.* is distinct from new.*)
    execute function set_updated_at();
