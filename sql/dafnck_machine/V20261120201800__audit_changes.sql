-- Whose knowledge is enough to act stays out of the log: the hash of a password, and user_sessions altogether. What follows
-- from something else is left out: that an account was signed in to is in its sessions.
select steward.create_audit_log('audit_log');

select steward.audit('users', 'audit_log', ignore => '{updated_at,last_login_at}', redact => '{password_hash}');
select steward.audit('projects', 'audit_log', ignore => '{updated_at}');
select steward.audit('project_members', 'audit_log');
select steward.audit('tasks', 'audit_log', ignore => '{updated_at}');
select steward.audit('documents', 'audit_log', ignore => '{updated_at}');

comment on trigger steward_audit on users is 'Records changes in audit_log; of password_hash only that it changed.';
comment on trigger steward_audit on projects is 'Records changes in audit_log.';
comment on trigger steward_audit on project_members is 'Records changes in audit_log.';
comment on trigger steward_audit on tasks is 'Records changes in audit_log.';
comment on trigger steward_audit on documents is 'Records changes in audit_log.';
comment on trigger steward_audit_truncate on users is 'Records a TRUNCATE in audit_log.';
comment on trigger steward_audit_truncate on projects is 'Records a TRUNCATE in audit_log.';
comment on trigger steward_audit_truncate on project_members is 'Records a TRUNCATE in audit_log.';
comment on trigger steward_audit_truncate on tasks is 'Records a TRUNCATE in audit_log.';
comment on trigger steward_audit_truncate on documents is 'Records a TRUNCATE in audit_log.';
