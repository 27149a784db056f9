alter table projects enable row level security;
alter table project_members enable row level security;

-- The specification's policy. The identity is asked once a statement, and an unset or malformed one is nobody instead of an error.
create policy project_access_policy on projects
    for all to application_role
    using (
        owner_id = (select active_user_id())
        or id = any (array(select projects_of_current_user('viewer')))
    );

create policy project_visibility_policy on projects
    for select to application_role
    using (visibility = 'public' or visibility = 'internal' and (select active_user_id()) is not null);

-- What taking part alone does not give. Who makes a project owns it, be it of the id of one that has just been deleted.
create policy project_insert_policy on projects
    as restrictive for insert to application_role
    with check (owner_id = (select active_user_id()));

create policy project_update_policy on projects
    as restrictive for update to application_role
    using (id = any (array(select projects_of_current_user('admin'))));

create policy project_delete_policy on projects
    as restrictive for delete to application_role
    using (id = any (array(select projects_of_current_user('owner'))));

create policy project_members_select_policy on project_members
    for select to application_role
    using (project_id = any (array(select projects_readable_by_current_user())));

-- Nobody makes an owner, but for the row of one who is, and nobody changes their own rights.
create policy project_members_insert_policy on project_members
    for insert to application_role
    with check (
        role in ('admin', 'member', 'viewer') and user_id <> (select active_user_id())
            and project_id = any (array(select projects_of_current_user('admin')))
        or role = 'owner' and user_id = (select active_user_id())
            and project_id = any (array(select projects_of_current_user('owner')))
    );

create policy project_members_update_policy on project_members
    for update to application_role
    using (
        project_id = any (array(select projects_of_current_user('admin')))
        and role is distinct from 'owner' and user_id <> (select active_user_id())
    )
    with check (
        project_id = any (array(select projects_of_current_user('admin')))
        and role in ('admin', 'member', 'viewer')
    );

create policy project_members_delete_policy on project_members
    for delete to application_role
    using (project_id = any (array(select projects_of_current_user('admin'))) and role is distinct from 'owner');

-- No column of the whole, so that one that comes later is granted on purpose. Not owner_id but at first, and never progress.
grant select on projects to application_role;
grant insert (id, name, description, owner_id, status, visibility, settings, created_at, updated_at, archived_at)
    on projects to application_role;
grant update (name, description, status, visibility, settings, updated_at, archived_at) on projects to application_role;
grant delete on projects to application_role;

grant select on project_members to application_role;
grant insert (id, project_id, user_id, role, permissions, joined_at) on project_members to application_role;
grant update (role, permissions) on project_members to application_role;
grant delete on project_members to application_role;

-- With the owner's rights, as owner_id is granted to nobody. Who had the project stays as one who manages it.
create function hand_over_project(project_uuid uuid, new_owner_uuid uuid) returns boolean
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    with held as (
        select p.id, p.owner_id from projects as p
        where p.id = $1
            and p.id = any (array(select projects_of_current_user('owner')))
            and exists (
                select from project_members as m join users as u on u.id = m.user_id
                where m.project_id = p.id and m.user_id = $2 and u.status = 'active'
            )
        for update of p
    ), handed as (
        update projects as p set owner_id = $2 from held where p.id = held.id
        returning p.id, held.owner_id as former_owner_id
    ), promoted as (
        update project_members as m set role = 'owner' from handed where m.project_id = handed.id and m.user_id = $2
    ), kept as (
        insert into project_members as m (project_id, user_id, role)
        select id, former_owner_id, 'admin' from handed where former_owner_id <> $2
        on conflict (project_id, user_id) do update set role = 'admin'
    )
    select exists (select from handed);
end;

revoke execute on function hand_over_project(uuid, uuid) from public;
grant execute on function hand_over_project(uuid, uuid) to application_role;

comment on column projects.visibility is
    'Who may see the project and what is in it besides its members: nobody if "private" or NULL, everybody with an active account if "internal", anybody if "public".';
comment on column project_members.role is
    'What the member may do: a viewer reads, a member writes, an admin deletes, and manages project and members, an owner deletes the project or hands it over. NULL is a viewer.';
comment on policy project_access_policy on projects is 'Whose the project is, and who takes part in it.';
comment on policy project_visibility_policy on projects is 'Readers of internal and public projects.';
comment on policy project_insert_policy on projects is 'Everybody makes projects of their own.';
comment on policy project_update_policy on projects is 'Admins and owners change a project.';
comment on policy project_delete_policy on projects is 'Owners delete it.';
comment on policy project_members_select_policy on project_members is 'Who may read the project sees who takes part.';
comment on policy project_members_insert_policy on project_members is
    'Admins and owners take in others, and nobody is made an owner but who is one.';
comment on policy project_members_update_policy on project_members is
    'Admins and owners change what others may do, but not what owners may.';
comment on policy project_members_delete_policy on project_members is 'Admins and owners send others away, but no owner.';
comment on function hand_over_project(uuid, uuid) is
    'Makes a member with an active account the owner of a project that whoever asks owns, who stays as an admin. False if it is not theirs, or no such member is there.';
