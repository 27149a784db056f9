-- Everybody their own. With rights on columns: not the password's hash and no token; and nothing that says what an account may do,
-- which is for an administrator.
select steward.restrict('users', owner => 'id', commands => '{select,update}', database_roles => '{application_role}',
    name => 'own_account');
select steward.restrict('user_profiles', owner => 'user_id', database_roles => '{application_role}', name => 'own_profile');
select steward.restrict('user_sessions', owner => 'user_id', commands => '{select,update,delete}',
    database_roles => '{application_role}', name => 'own_sessions');

-- A session that has ended is not opened again.
create policy ended_sessions on user_sessions
    as restrictive for update to application_role
    using (is_active) with check (not is_active);

grant select (id, email, username, first_name, last_name, avatar_url, email_verified, status, created_at, updated_at,
    last_login_at, metadata) on users to application_role;
grant update (username, first_name, last_name, avatar_url, updated_at) on users to application_role;

grant select, delete on user_profiles to application_role;
grant insert (id, user_id, bio, location, website_url, social_links, preferences, created_at, updated_at)
    on user_profiles to application_role;
grant update (bio, location, website_url, social_links, preferences, updated_at) on user_profiles to application_role;

grant select (id, user_id, expires_at, ip_address, user_agent, is_active, created_at) on user_sessions to application_role;
grant update (is_active) on user_sessions to application_role;
grant delete on user_sessions to application_role;

-- For SELECT * and for what maps tables to objects, which want every column that is there.
create view accounts with (security_invoker = true) as
select id, email, username, first_name, last_name, avatar_url, email_verified, status, created_at, updated_at, last_login_at, metadata
from users;

create view account_sessions with (security_invoker = true) as
select id, user_id, expires_at, ip_address, user_agent, is_active, created_at
from user_sessions;

grant select on accounts to application_role;
grant update (username, first_name, last_name, avatar_url, updated_at) on accounts to application_role;
grant select, delete on account_sessions to application_role;
grant update (is_active) on account_sessions to application_role;

-- Past the policy of users on purpose, for these columns and these users. A barrier, so that no condition of a query is asked about
-- others.
create view user_names with (security_invoker = false, security_barrier = true) as
select u.id, u.username, u.first_name, u.last_name, u.avatar_url
from users as u
where u.id = (select active_user_id())
    or u.id in (
        select m.user_id from project_members as m
        where m.project_id = any (array(select projects_readable_by_current_user()))
        union all
        select p.owner_id from projects as p
        where p.id = any (array(select projects_readable_by_current_user()))
    );

grant select on user_names to application_role;

comment on policy ended_sessions on user_sessions is 'A session can be ended by its user, and nothing else about it changed.';
comment on view accounts is 'The own account, without the hash of its password.';
comment on column accounts.id is 'As users.id.';
comment on column accounts.email is 'As users.email.';
comment on column accounts.username is 'As users.username.';
comment on column accounts.first_name is 'As users.first_name.';
comment on column accounts.last_name is 'As users.last_name.';
comment on column accounts.avatar_url is 'As users.avatar_url.';
comment on column accounts.email_verified is 'As users.email_verified.';
comment on column accounts.status is 'As users.status.';
comment on column accounts.created_at is 'As users.created_at.';
comment on column accounts.updated_at is 'As users.updated_at.';
comment on column accounts.last_login_at is 'As users.last_login_at.';
comment on column accounts.metadata is 'As users.metadata.';
comment on view account_sessions is 'The own sessions, without their tokens.';
comment on column account_sessions.id is 'As user_sessions.id.';
comment on column account_sessions.user_id is 'As user_sessions.user_id.';
comment on column account_sessions.expires_at is 'As user_sessions.expires_at.';
comment on column account_sessions.ip_address is 'As user_sessions.ip_address.';
comment on column account_sessions.user_agent is 'As user_sessions.user_agent.';
comment on column account_sessions.is_active is 'As user_sessions.is_active.';
comment on column account_sessions.created_at is 'As user_sessions.created_at.';
comment on view user_names is
    'Names of the users who own, or take part in, a project that whoever asks may read, and their own. It reads with the rights of its owner: nobody else''s row of users is seen.';
comment on column user_names.id is 'As users.id.';
comment on column user_names.username is 'As users.username.';
comment on column user_names.first_name is 'As users.first_name.';
comment on column user_names.last_name is 'As users.last_name.';
comment on column user_names.avatar_url is 'As users.avatar_url.';
