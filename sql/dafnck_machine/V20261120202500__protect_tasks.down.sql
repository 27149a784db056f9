revoke all on task_dependencies from application_role;
revoke all on tasks from application_role;

drop trigger tasks_parent_access_update_trigger on tasks;
drop trigger tasks_parent_access_insert_trigger on tasks;
drop function check_parent_task();

drop policy task_dependencies_delete_policy on task_dependencies;
drop policy task_dependencies_update_policy on task_dependencies;
drop policy task_dependencies_insert_policy on task_dependencies;
drop policy task_dependencies_select_policy on task_dependencies;
drop policy tasks_delete_policy on tasks;
drop policy tasks_update_policy on tasks;
drop policy tasks_insert_policy on tasks;
drop policy tasks_select_policy on tasks;

alter table task_dependencies disable row level security;
alter table tasks disable row level security;
