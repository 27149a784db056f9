comment on column milestones.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on column milestones.progress is 'Share of the work that is done, in percent from 0 to 100; written by the application. NULL if unknown.';

select steward.audit('milestones', 'audit_logs', ignore => '{updated_at,search_vector}');

comment on trigger steward_audit on milestones is 'Records changes in audit_logs.';
comment on trigger steward_audit_truncate on milestones is 'Records a TRUNCATE in audit_logs.';

select steward.detach('tasks', 'progress');
