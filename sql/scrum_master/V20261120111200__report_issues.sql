-- As the owner, because who reports an issue may not write notifications for others. The tables are found beside the one
-- that fires, not by search_path, which the writer chooses; only the owner can attach this function to another table.
create function report_issue() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $function$
declare
    is_renumbered boolean;
begin
    if tg_op = 'UPDATE' and old.assigned_to is not null then
        -- The same assignee under another id, by the foreign key's cascade.
        execute pg_catalog.format('select not exists (select from %I.users where id operator(pg_catalog.=) $1)', tg_table_schema)
            into is_renumbered using old.assigned_to;
        if is_renumbered then
            return null;
        end if;
    end if;
    execute pg_catalog.format(
        $statement$
            insert into %1$I.notifications (user_id, type, title, message)
            select told.id, 'issue_reported', pg_catalog.left('Issue reported: ' || $2, 200),
                pg_catalog.format(E'Issue %%s, priority %%s, reported by %%s.\n\n%%s', $1, $5, reporter.username, $3)
            from %1$I.users as told
            join %1$I.users as reporter on reporter.id = $4
            where told.is_active is not false
                and (
                    told.id = $6
                    or told.role = 'project_manager' and not exists (
                        select from %1$I.users as assignee where assignee.id = $6 and assignee.is_active is not false
                    )
                )
            order by told.id
        $statement$,
        tg_table_schema
    ) using new.id, new.title, new.description, new.reporter_id, coalesce(new.priority, 'unknown'), new.assigned_to;
    return null;
exception
    -- The client repeats its transaction, and the issue with it: a notification would be lost for nothing.
    when serialization_failure or deadlock_detected then
        raise;
    when others then
        raise warning 'nobody was told of issue %: %', new.id, sqlerrm;
        return null;
end;
$function$;

revoke execute on function report_issue() from public;

-- Nobody is told of what is long over: an import, or a closed one.
create trigger report_issue after insert on triage_items
    for each row when (
        (new.status is null or new.status::text in ('pending', 'in_review'))
        and (new.created_at is null or new.created_at > now() - interval '1 day')
    )
    execute function report_issue();
create trigger report_issue_to_assignee after update on triage_items
    for each row when (
        new.assigned_to is not null
        and new.assigned_to is distinct from old.assigned_to
        and (new.status is null or new.status::text in ('pending', 'in_review'))
    )
    execute function report_issue();

comment on function report_issue() is
    'AFTER row trigger of triage_items: writes a notification issue_reported to the assignee, or to every project manager where no assignee is active. A notification that cannot be written is a warning.';
comment on trigger report_issue on triage_items is
    'Tells the assignee, or else the project managers, of an issue that is open and at most a day old.';
comment on trigger report_issue_to_assignee on triage_items is 'Tells a new assignee of an open issue.';
