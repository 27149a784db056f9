create function stamp_resolution() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    if new.status is null or new.status not in ('resolved', 'rejected') then
        new.resolved_at := null;
    elsif tg_op = 'INSERT' then
        -- What comes from elsewhere keeps its time.
        new.resolved_at := coalesce(new.resolved_at, pg_catalog.now());
    elsif old.status is not distinct from new.status then
        new.resolved_at := old.resolved_at;
    else
        new.resolved_at := pg_catalog.now();
    end if;
    return new;
end;
$function$;

create trigger stamp_resolution before insert or update on triage_items
    for each row execute function stamp_resolution();

comment on function stamp_resolution() is
    'BEFORE INSERT OR UPDATE row trigger of triage_items: resolved_at is the time at which the item was resolved or rejected, and NULL while it is neither.';
comment on trigger stamp_resolution on triage_items is 'Keeps resolved_at.';
