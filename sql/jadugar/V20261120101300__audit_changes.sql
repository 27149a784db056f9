-- Whose knowledge is enough to act stays out of the log, which more people read, and which nobody can clear of it again:
-- the hashes, the addresses of webhooks (this document has no column for their secret, so what a chat or a pager accepts
-- messages by is in the address) and the values of settings. What changes by itself does not count: the time of the last
-- check of a service, and that a notification has been read. What follows from other columns is left out.
select steward.audit('users', 'audit_logs', ignore => '{updated_at}', redact => '{password_hash}');
select steward.audit('api_keys', 'audit_logs', ignore => '{updated_at}', redact => '{key_hash}');
select steward.audit('milestones', 'audit_logs', ignore => '{updated_at,search_vector}');
select steward.audit('tasks', 'audit_logs', ignore => '{updated_at,search_vector}');
select steward.audit('task_dependencies', 'audit_logs');
select steward.audit('services', 'audit_logs', ignore => '{updated_at,last_check}');
select steward.audit('service_configs', 'audit_logs', ignore => '{updated_at}', redact => '{value}');
select steward.audit('notifications', 'audit_logs', ignore => '{read}');
select steward.audit('webhooks', 'audit_logs', ignore => '{updated_at}', redact => '{url}');

comment on trigger steward_audit on users is 'Records changes in audit_logs; of password_hash only that it changed.';
comment on trigger steward_audit on api_keys is 'Records changes in audit_logs; of key_hash only that it changed.';
comment on trigger steward_audit on milestones is 'Records changes in audit_logs.';
comment on trigger steward_audit on tasks is 'Records changes in audit_logs.';
comment on trigger steward_audit on task_dependencies is 'Records changes in audit_logs.';
comment on trigger steward_audit on services is 'Records changes in audit_logs, but not that a check found a service as it was.';
comment on trigger steward_audit on service_configs is 'Records changes in audit_logs; of value only that it changed.';
comment on trigger steward_audit on notifications is 'Records changes in audit_logs, but not whether a notification has been read.';
comment on trigger steward_audit on webhooks is 'Records changes in audit_logs; of url only that it changed.';
comment on trigger steward_audit_truncate on users is 'Records a TRUNCATE in audit_logs.';
comment on trigger steward_audit_truncate on api_keys is 'Records a TRUNCATE in audit_logs.';
comment on trigger steward_audit_truncate on milestones is 'Records a TRUNCATE in audit_logs.';
comment on trigger steward_audit_truncate on tasks is 'Records a TRUNCATE in audit_logs.';
comment on trigger steward_audit_truncate on task_dependencies is 'Records a TRUNCATE in audit_logs.';
comment on trigger steward_audit_truncate on services is 'Records a TRUNCATE in audit_logs.';
comment on trigger steward_audit_truncate on service_configs is 'Records a TRUNCATE in audit_logs.';
comment on trigger steward_audit_truncate on notifications is 'Records a TRUNCATE in audit_logs.';
comment on trigger steward_audit_truncate on webhooks is 'Records a TRUNCATE in audit_logs.';

comment on table audit_logs is
    'Who changed what, and when: one row a change, written by the triggers steward_audit and steward_audit_truncate of the other tables. An application needs no right on it but SELECT.';
comment on column audit_logs.user_id is
    'User who made the change, by the setting app.current_user_id; NULL if it names nobody, or nobody in users, and changes says who then. Such a user cannot be deleted: who did what stays known.';
comment on column audit_logs.action is 'What was done to the entity: INSERT, UPDATE, DELETE or TRUNCATE.';
comment on column audit_logs.entity_id is
    'Id of the entity in that table; zeros if all were truncated. No foreign key: the record of a deletion outlives what was deleted.';
comment on column audit_logs.changes is
    'What each column was and is: {"status": {"old": "BLOCKED", "new": "COMPLETED"}}. {"redacted": true} stands for a secret; "@actor" is who made the change where user_id is NULL, "@estimated_rows" how many rows a TRUNCATE took.';
comment on column audit_logs.created_at is 'When the change was made, by the clock.';
