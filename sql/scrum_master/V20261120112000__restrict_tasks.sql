-- Who asked for a task, and when, is not among the columns.
grant select, insert, delete on tasks to application_user;
grant update (
    title, description, status, assigned_role, assigned_user_id, start_date, end_date, completed_at, is_delayed, epic_id, story_id,
    priority, updated_at
) on tasks to application_user;
grant usage, select on sequence tasks_id_seq to application_user;
grant select on tasks to read_only_user;

-- The specification's own INSERT names no creator. What is no number of an account is nobody's, and no error.
alter table tasks alter column created_by set default
    case when steward.current_user_bigint() between 1 and 2147483647 then steward.current_user_bigint() end;

alter table tasks enable row level security;

create policy task_access_policy on tasks for select to application_user
    using (
        assigned_role = (select role_of_current_user())
        or assigned_user_id = (select steward.current_user_bigint())
        or created_by = (select steward.current_user_bigint())
    );
create policy task_creation_policy on tasks for insert to application_user
    with check (created_by = (select steward.current_user_bigint()));
create policy task_work_policy on tasks for update to application_user
    using (
        assigned_user_id = (select steward.current_user_bigint())
        or created_by = (select steward.current_user_bigint())
        or assigned_user_id is null and assigned_role = (select role_of_current_user())
    );
create policy task_deletion_policy on tasks for delete to application_user
    using (created_by = (select steward.current_user_bigint()));
create policy task_management_policy on tasks for all to application_user
    using ((select role_of_current_user()) in ('project_manager', 'admin'));
create policy active_user_policy on tasks as restrictive for all to application_user
    using ((select is_current_user_active()));
create policy reporting_policy on tasks for select to read_only_user
    using (true);

comment on column tasks.created_by is
    'User who created the task: unless told otherwise, who app.user_id or a verified token names. NULL if no user did. Such a user cannot be deleted: who asked for the work stays known.';
comment on policy task_access_policy on tasks is
    'Users see the tasks of their role, those that are assigned to them, and those that they created.';
comment on policy task_creation_policy on tasks is 'Users create tasks in their own name.';
comment on policy task_work_policy on tasks is
    'Users write the tasks that are assigned to them, those that they created, and those of their role that are nobody''s yet.';
comment on policy task_deletion_policy on tasks is 'Users delete tasks that they created.';
comment on policy task_management_policy on tasks is 'Project managers and admins see and write every task.';
comment on policy active_user_policy on tasks is 'Nobody does anything without an account that is in use.';
comment on policy reporting_policy on tasks is 'Reports read everything.';
