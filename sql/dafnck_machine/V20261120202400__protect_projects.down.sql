drop function hand_over_project(uuid, uuid);

revoke all on project_members from application_role;
revoke all on projects from application_role;

drop policy project_members_delete_policy on project_members;
drop policy project_members_update_policy on project_members;
drop policy project_members_insert_policy on project_members;
drop policy project_members_select_policy on project_members;
drop policy project_delete_policy on projects;
drop policy project_update_policy on projects;
drop policy project_insert_policy on projects;
drop policy project_visibility_policy on projects;
drop policy project_access_policy on projects;

alter table project_members disable row level security;
alter table projects disable row level security;

comment on column project_members.role is
    'What the member may do, which the application enforces; NULL if that is not decided.';
comment on column projects.visibility is 'Who may see the project, which the application enforces; NULL if that is not decided.';
