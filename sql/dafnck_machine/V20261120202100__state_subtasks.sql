-- No trigger calls it until the user makes one: whether a whole waits for its parts is an option. With its owner's rights: who
-- writes tasks needs none on their dependencies. How two tasks are linked already stays, as somebody has said so.
create function state_subtask() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
as $function$
begin
    if tg_op = 'UPDATE' then
        if new.parent_task_id is not distinct from old.parent_task_id then
            return null;
        end if;
        execute format(
            'delete from %I.task_dependencies
             where task_id = $1 and depends_on_task_id = $2 and dependency_type = ''subtask_of''',
            tg_table_schema
        ) using old.id, old.parent_task_id;
    end if;
    if new.parent_task_id is not null then
        execute format(
            'insert into %I.task_dependencies (task_id, depends_on_task_id, dependency_type)
             values ($1, $2, ''subtask_of'') on conflict (task_id, depends_on_task_id) do nothing',
            tg_table_schema
        ) using new.id, new.parent_task_id;
    end if;
    return null;
end;
$function$;

-- Triggers run without this right; without it nobody else can put the function onto a table.
revoke execute on function state_subtask() from public;

comment on function state_subtask() is
    'For a row trigger after INSERT or UPDATE of tasks, which is for the user to make: a part is stated as "subtask_of" its parent_task_id, so that the whole waits for it.';
