drop policy reporting_policy on users;
drop policy active_user_policy on users;
drop policy user_creation_policy on users;
drop policy user_administration_policy on users;
drop policy user_access_policy on users;

alter table users disable row level security;

revoke all on users from read_only_user;
revoke all on sequence users_id_seq from application_user;
revoke all on users from application_user;
