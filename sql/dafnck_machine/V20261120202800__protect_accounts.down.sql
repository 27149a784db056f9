drop view user_names;
drop view account_sessions;
drop view accounts;

revoke all on user_sessions from application_role;
revoke all on user_profiles from application_role;
revoke all on users from application_role;

drop policy ended_sessions on user_sessions;
select steward.unrestrict('user_sessions', 'own_sessions');
select steward.unrestrict('user_profiles', 'own_profile');
select steward.unrestrict('users', 'own_account');

alter table user_sessions disable row level security;
alter table user_profiles disable row level security;
alter table users disable row level security;
