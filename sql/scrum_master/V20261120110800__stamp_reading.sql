create function stamp_reading() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    if new.is_read is not true then
        new.read_at := null;
    elsif tg_op = 'INSERT' then
        -- What comes from elsewhere keeps its time.
        new.read_at := coalesce(new.read_at, pg_catalog.now());
    elsif old.is_read is true then
        new.read_at := old.read_at;
    else
        new.read_at := pg_catalog.now();
    end if;
    return new;
end;
$function$;

create trigger stamp_reading before insert or update on notifications
    for each row execute function stamp_reading();

comment on function stamp_reading() is
    'BEFORE INSERT OR UPDATE row trigger of notifications: read_at is the time at which is_read became true, and NULL while it is not.';
comment on trigger stamp_reading on notifications is 'Keeps read_at.';
