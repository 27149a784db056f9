-- For whoever writes. As the owner, because who assigns sees few of the accounts. The table is found beside the one that fires,
-- not by search_path, which the writer chooses; only the owner can attach this function to another table.
create function refuse_retired_assignee() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $function$
declare
    assignee constant integer := pg_catalog.to_jsonb(new) ->> tg_argv[0];
    is_active boolean;
    is_renumbered boolean;
begin
    -- Until the transaction ends nobody retires this account. One that is not there is left to the foreign key.
    execute pg_catalog.format(
        'select is_active is not false from %I.users where id operator(pg_catalog.=) $1 for share', tg_table_schema
    ) into is_active using assignee;
    if is_active is not false then
        return new;
    end if;
    if tg_op = 'UPDATE' then
        -- The same assignee under another id, by the foreign key's cascade.
        execute pg_catalog.format('select not exists (select from %I.users where id operator(pg_catalog.=) $1)', tg_table_schema)
            into is_renumbered using (pg_catalog.to_jsonb(old) ->> tg_argv[0])::integer;
        if is_renumbered and pg_catalog.to_jsonb(old) ->> tg_argv[0] is not null then
            return new;
        end if;
    end if;
    raise check_violation using
        message = pg_catalog.format('user %s is retired and cannot be assigned', assignee),
        detail = pg_catalog.format('The account is not in use: %I.users.is_active is false.', tg_table_schema),
        hint = 'Assign somebody whose account is in use, or nobody.',
        schema = tg_table_schema,
        table = tg_table_name,
        column = tg_argv[0],
        constraint = tg_table_name || '_active_assignee';
end;
$function$;

revoke execute on function refuse_retired_assignee() from public;

-- The owner may bring in what is older than a day, as it was. Whoever policies hold for may not.
create trigger refuse_retired_assignee before insert on tasks
    for each row when (
        new.assigned_user_id is not null
        and (new.created_at is null or new.created_at > now() - interval '1 day' or row_security_active('tasks'::regclass))
    )
    execute function refuse_retired_assignee('assigned_user_id');
create trigger refuse_retired_new_assignee before update on tasks
    for each row when (new.assigned_user_id is not null and new.assigned_user_id is distinct from old.assigned_user_id)
    execute function refuse_retired_assignee('assigned_user_id');
create trigger refuse_retired_assignee before insert on triage_items
    for each row when (
        new.assigned_to is not null
        and (new.created_at is null or new.created_at > now() - interval '1 day' or row_security_active('triage_items'::regclass))
    )
    execute function refuse_retired_assignee('assigned_to');
create trigger refuse_retired_new_assignee before update on triage_items
    for each row when (new.assigned_to is not null and new.assigned_to is distinct from old.assigned_to)
    execute function refuse_retired_assignee('assigned_to');

comment on function refuse_retired_assignee() is
    'BEFORE INSERT OR UPDATE row trigger: refuses with 23514 that the column which its argument names is set to a user whose is_active is false.';
comment on trigger refuse_retired_assignee on tasks is 'A task is not for somebody who has left. The owner may bring in tasks that are older than a day.';
comment on trigger refuse_retired_new_assignee on tasks is 'A task is not given to somebody who has left.';
comment on trigger refuse_retired_assignee on triage_items is
    'An issue is not for somebody who has left. The owner may bring in issues that are older than a day.';
comment on trigger refuse_retired_new_assignee on triage_items is 'An issue is not given to somebody who has left.';
