-- An audit trigger as teams write it: the whole row before and after, as JSON, with an index for the
-- history of a row and one for what a user did. An UPDATE that leaves the row as it was writes nothing.
create table audit_log (
    id bigint generated always as identity,
    at timestamptz not null default clock_timestamp(),
    actor text not null,
    action text not null,
    table_name text not null,
    row_id bigint not null,
    before jsonb,
    after jsonb
);

create index on audit_log (table_name, row_id);
create index on audit_log (actor, at);

create function record_change() returns trigger
language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        if old is not distinct from new then
            return null;
        end if;
        insert into audit_log (actor, action, table_name, row_id, before, after)
        values (
            coalesce(nullif(current_setting('app.current_user_id', true), ''), session_user),
            tg_op, tg_table_name, new.id, to_jsonb(old), to_jsonb(new)
        );
    elsif tg_op = 'INSERT' then
        insert into audit_log (actor, action, table_name, row_id, after)
        values (
            coalesce(nullif(current_setting('app.current_user_id', true), ''), session_user),
            tg_op, tg_table_name, new.id, to_jsonb(new)
        );
    else
        insert into audit_log (actor, action, table_name, row_id, before)
        values (
            coalesce(nullif(current_setting('app.current_user_id', true), ''), session_user),
            tg_op, tg_table_name, old.id, to_jsonb(old)
        );
    end if;
    return null;
end;
$$;

create trigger record_change after insert or update or delete on tasks
for each row execute function record_change();
