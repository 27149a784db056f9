-- Who raised a limit is asked later.
select steward.create_audit_log('audit_log');
select steward.audit('budget_limits', 'audit_log', ignore => '{updated_at}');

comment on trigger steward_audit on budget_limits is 'Records changes in audit_log.';
comment on trigger steward_audit_truncate on budget_limits is 'Records a TRUNCATE in audit_log.';
