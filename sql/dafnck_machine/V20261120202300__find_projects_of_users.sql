-- What policies ask, each once a statement; a project may come twice. With the rights of the tables' owner: so a policy that asks cannot come back to
-- itself, and nobody needs a right on somebody else's membership. They give the caller's own keys, and nothing else.
create function active_user_id() returns uuid
    language sql stable security definer parallel safe
    set search_path = pg_catalog, pg_temp
begin atomic
    select u.id from users as u where u.id = (select steward.current_user_uuid()) and u.status = 'active';
end;

create function projects_of_current_user(least_role project_role) returns setof uuid
    language sql stable security definer parallel safe rows 10
    set search_path = pg_catalog, pg_temp
begin atomic
    select p.id from users as u join projects as p on p.owner_id = u.id
    where u.id = (select steward.current_user_uuid()) and u.status = 'active'
    union all
    select m.project_id from users as u join project_members as m on m.user_id = u.id
    where u.id = (select steward.current_user_uuid()) and u.status = 'active' and coalesce(m.role, 'viewer') <= $1;
end;

create function projects_readable_by_current_user() returns setof uuid
    language sql stable security definer parallel safe rows 100
    set search_path = pg_catalog, pg_temp
begin atomic
    select p.id from projects as p where p.visibility = 'public'
    union all
    select p.id from users as u join projects as p on p.visibility = 'internal'
    where u.id = (select steward.current_user_uuid()) and u.status = 'active'
    union all
    select p.id from users as u join projects as p on p.owner_id = u.id
    where u.id = (select steward.current_user_uuid()) and u.status = 'active'
    union all
    select m.project_id from users as u join project_members as m on m.user_id = u.id
    where u.id = (select steward.current_user_uuid()) and u.status = 'active';
end;

revoke execute on function active_user_id() from public;
revoke execute on function projects_of_current_user(project_role) from public;
revoke execute on function projects_readable_by_current_user() from public;
grant execute on function active_user_id() to application_role;
grant execute on function projects_of_current_user(project_role) to application_role;
grant execute on function projects_readable_by_current_user() to application_role;

create index idx_projects_visibility on projects (visibility);

comment on column users.status is
    'Whether the account may be used. Whoever asks with one that is not "active" is nobody to the policies; NULL if that is not decided.';
comment on function active_user_id() is
    'The user who asks, by steward.current_user_uuid(), if the account is active; NULL for nobody else.';
comment on function projects_of_current_user(project_role) is
    'The projects in which whoever asks has this role or one that may do more: by project_members, where NULL is a viewer, and as the owner_id, who is an owner in any case.';
comment on function projects_readable_by_current_user() is
    'The projects that whoever asks may read: those in which they take part, the public ones, and with an active account the internal ones.';
comment on index idx_projects_visibility is 'Projects that others than their members may read.';
