select steward.detach('tasks', 'progress');

select steward.audit('projects', 'audit_log', ignore => '{updated_at}');

comment on trigger steward_audit on projects is 'Records changes in audit_log.';
comment on trigger steward_audit_truncate on projects is 'Records a TRUNCATE in audit_log.';

alter table projects drop column progress;
