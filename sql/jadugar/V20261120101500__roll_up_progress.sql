select steward.roll_up_progress('tasks', done => '{COMPLETED}', cancelled => '{}');

-- It follows from the tasks, whose changes are recorded.
select steward.audit('milestones', 'audit_logs', ignore => '{updated_at,search_vector,progress}');

comment on trigger steward_audit on milestones is 'Records changes in audit_logs, but not of progress, which follows from the tasks.';
comment on trigger steward_audit_truncate on milestones is 'Records a TRUNCATE in audit_logs.';
comment on column milestones.progress is
    'Share of its tasks that are COMPLETED, in percent from 0 to 100, 0 without tasks; kept by the rule that steward.roll_up_progress attaches to tasks.';
comment on column milestones.updated_at is
    'When the row was last updated, by a change of its progress too; written by the trigger steward_updated_at.';
