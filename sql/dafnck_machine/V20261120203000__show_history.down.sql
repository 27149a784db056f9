revoke all on audit_log from application_role;
drop policy audit_log_select_policy on audit_log;
drop function is_deleted_later(bigint, bigint, text);
alter table audit_log disable row level security;
