-- The blueprint's own tables are stamped by steward.track_updated_at; this is for tables that the user adds. The
-- specification's body would drop every row of a BEFORE INSERT and keep every row from a BEFORE DELETE.
create function audit_trigger_function() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    if tg_op = 'UPDATE' then
        new.updated_at := current_timestamp;
    elsif tg_op = 'DELETE' then
        return old;
    end if;
    return new;
end;
$function$;

comment on function audit_trigger_function() is
    'Row trigger: a BEFORE UPDATE sets the column updated_at to the time at which the transaction started; other operations go through as they are. steward.track_updated_at does the same for a column of any name.';
