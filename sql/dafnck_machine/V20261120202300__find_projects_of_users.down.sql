drop index idx_projects_visibility;
drop function projects_readable_by_current_user();
drop function projects_of_current_user(project_role);
drop function active_user_id();

comment on column users.status is 'Whether the account may be used; NULL if that is not decided.';
