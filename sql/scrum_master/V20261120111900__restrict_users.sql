-- What decides about rights is not among the columns: nobody changes their own role, nor somebody else's in this way.
grant select, insert, delete on users to application_user;
grant update (username, email, avatar_url, updated_at) on users to application_user;
grant usage, select on sequence users_id_seq to application_user;
grant select on users to read_only_user;

alter table users enable row level security;

create policy user_access_policy on users for all to application_user
    using (id = (select steward.current_user_bigint()));
create policy user_administration_policy on users for all to application_user
    using ((select role_of_current_user()) = 'admin');
-- Or somebody whom nothing refers to could delete their account and insert it again in one statement, with another role.
create policy user_creation_policy on users as restrictive for insert to application_user
    with check ((select role_of_current_user()) = 'admin' and id <> (select steward.current_user_bigint()));
create policy active_user_policy on users as restrictive for all to application_user
    using ((select is_current_user_active()));
create policy reporting_policy on users for select to read_only_user
    using (true);

comment on policy user_access_policy on users is 'Users see and write their own account.';
comment on policy user_administration_policy on users is 'Admins see and write every account.';
comment on policy user_creation_policy on users is 'Admins create the accounts of others.';
comment on policy active_user_policy on users is 'Nobody does anything without an account that is in use.';
comment on policy reporting_policy on users is 'Reports read everything.';
