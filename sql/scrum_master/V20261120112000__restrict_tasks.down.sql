drop policy reporting_policy on tasks;
drop policy active_user_policy on tasks;
drop policy task_management_policy on tasks;
drop policy task_deletion_policy on tasks;
drop policy task_work_policy on tasks;
drop policy task_creation_policy on tasks;
drop policy task_access_policy on tasks;

alter table tasks disable row level security;

alter table tasks alter column created_by drop default;

comment on column tasks.created_by is
    'User who created the task; NULL if no user did. Such a user cannot be deleted: who asked for the work stays known.';

revoke all on tasks from read_only_user;
revoke all on sequence tasks_id_seq from application_user;
revoke all on tasks from application_user;
