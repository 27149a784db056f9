alter table tasks enable row level security;
alter table task_dependencies enable row level security;

create policy tasks_select_policy on tasks
    for select to application_role
    using (project_id = any (array(select projects_readable_by_current_user())));

create policy tasks_insert_policy on tasks
    for insert to application_role
    with check (
        project_id = any (array(select projects_of_current_user('member')))
        and creator_id = (select active_user_id())
    );

create policy tasks_update_policy on tasks
    for update to application_role
    using (project_id = any (array(select projects_of_current_user('member'))));

create policy tasks_delete_policy on tasks
    for delete to application_role
    using (project_id = any (array(select projects_of_current_user('admin'))));

-- What depends on what is seen with both tasks, and written by who may change the one that waits: nobody makes the tasks of others
-- wait, or lets them wait no longer. EXISTS finds a task by its key, or all of them at once where many rows are asked about; an array
-- of every visible task would be collected anew for each single row that is written.
create policy task_dependencies_select_policy on task_dependencies
    for select to application_role
    using (
        exists (select from tasks as t where t.id = task_id)
        and exists (select from tasks as t where t.id = depends_on_task_id)
    );

create policy task_dependencies_insert_policy on task_dependencies
    for insert to application_role
    with check (
        dependency_type is distinct from 'subtask_of' and exists (
            select from tasks as t
            where t.id = task_id and t.project_id = any (array(select projects_of_current_user('member')))
        ) and exists (select from tasks as t where t.id = depends_on_task_id)
        or dependency_type = 'subtask_of' and exists (
            select from tasks as t
            where t.id = depends_on_task_id and t.project_id = any (array(select projects_of_current_user('member')))
        ) and exists (select from tasks as t where t.id = task_id)
    );

create policy task_dependencies_update_policy on task_dependencies
    for update to application_role
    using (
        dependency_type is distinct from 'subtask_of' and exists (
            select from tasks as t
            where t.id = task_id and t.project_id = any (array(select projects_of_current_user('member')))
        )
        or dependency_type = 'subtask_of' and exists (
            select from tasks as t
            where t.id = depends_on_task_id and t.project_id = any (array(select projects_of_current_user('member')))
        )
    );

create policy task_dependencies_delete_policy on task_dependencies
    for delete to application_role
    using (
        dependency_type is distinct from 'subtask_of' and exists (
            select from tasks as t
            where t.id = task_id and t.project_id = any (array(select projects_of_current_user('member')))
        )
        or dependency_type = 'subtask_of' and exists (
            select from tasks as t
            where t.id = depends_on_task_id and t.project_id = any (array(select projects_of_current_user('member')))
        )
    );

-- A part keeps its whole from being deleted: so it is for those to make who may change the whole. A policy of tasks cannot read
-- tasks, and would not see what the same statement inserts. With the rights of whoever writes: it asks what they may see.
create function check_parent_task() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
declare
    allowed boolean;
begin
    if not row_security_active(tg_relid) then
        return null;
    end if;
    execute format(
        'select exists (
             select from %1$I.tasks
             where id = $1 and (project_id = $2 or project_id = any (array(select %1$I.projects_of_current_user(''member''))))
         )',
        tg_table_schema
    ) into allowed using new.parent_task_id, new.project_id;
    if not allowed then
        raise exception using
            errcode = 'insufficient_privilege',
            message = format('new row violates row-level security policy for table "%s"', tg_table_name),
            detail = 'A task is made a part of one that may be changed.',
            schema = tg_table_schema,
            table = tg_table_name,
            column = 'parent_task_id';
    end if;
    return null;
end;
$function$;

create trigger tasks_parent_access_insert_trigger after insert on tasks
    for each row when (new.parent_task_id is not null) execute function check_parent_task();
create trigger tasks_parent_access_update_trigger after update on tasks
    for each row when (new.parent_task_id is not null and new.parent_task_id is distinct from old.parent_task_id)
    execute function check_parent_task();

grant select on tasks to application_role;
grant insert (id, project_id, parent_task_id, title, description, status, priority, assignee_id, creator_id, due_date,
    estimated_hours, actual_hours, tags, metadata, created_at, updated_at, completed_at) on tasks to application_role;
grant update (parent_task_id, title, description, status, priority, assignee_id, due_date, estimated_hours, actual_hours, tags,
    metadata, updated_at, completed_at) on tasks to application_role;
grant delete on tasks to application_role;

grant select, insert, delete on task_dependencies to application_role;
grant update (dependency_type) on task_dependencies to application_role;

comment on policy tasks_select_policy on tasks is 'Who may read the project sees its tasks.';
comment on policy tasks_insert_policy on tasks is 'Members, admins and owners create tasks, in their own name.';
comment on policy tasks_update_policy on tasks is 'Members, admins and owners change tasks.';
comment on policy tasks_delete_policy on tasks is 'Admins and owners delete tasks.';
comment on policy task_dependencies_select_policy on task_dependencies is 'Who sees both tasks sees how they have to do with each other.';
comment on policy task_dependencies_insert_policy on task_dependencies is
    'Who may change the task that waits decides what it waits for, of the tasks they see.';
comment on policy task_dependencies_update_policy on task_dependencies is
    'Who may change the task that waits, before and after, changes how.';
comment on policy task_dependencies_delete_policy on task_dependencies is
    'Who may change the task that waits decides that it does no longer.';
comment on function check_parent_task() is
    'Row trigger of tasks: whoever makes a task a part of one in another project may change tasks there.';
comment on trigger tasks_parent_access_insert_trigger on tasks is 'Asks about parent_task_id.';
comment on trigger tasks_parent_access_update_trigger on tasks is 'Asks about parent_task_id.';
