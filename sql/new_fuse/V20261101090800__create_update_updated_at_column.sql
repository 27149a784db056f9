-- The blueprint's own tables are stamped by steward.track_updated_at; this is for tables that the user adds.
-- No search_path is pinned: the body looks up no name that a path could redirect, and a SET clause is paid for at every row.
create function update_updated_at_column() returns trigger
    language plpgsql
as $function$
begin
    new.updated_at = current_timestamp;
    return new;
end;
$function$;

comment on function update_updated_at_column() is
    'BEFORE UPDATE row trigger: sets the column updated_at to the time at which the transaction started. steward.track_updated_at does the same for a column of any name.';
