-- OLD is NULL for an INSERT. A time that is given is kept: an import, and the seeds, tell of what was before. What failed
-- may never have been begun.
create function stamp_start() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    if new.status = 'pending' then
        new.started_at := null;
    elsif new.status <> 'failed' then
        new.started_at := coalesce(new.started_at, old.started_at, now());
    end if;
    return new;
end;
$function$;

create trigger stamp_start before insert or update on tasks
    for each row execute function stamp_start();

comment on function stamp_start() is
    'BEFORE INSERT OR UPDATE row trigger of tasks: started_at is when the status ceased to be "pending", and NULL while it is.';
comment on trigger stamp_start on tasks is 'Keeps started_at.';
comment on column tasks.started_at is
    'When the status ceased to be "pending", written by the trigger stamp_start; NULL while it is, and for a task that failed before.';
