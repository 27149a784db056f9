alter table projects
    add column progress integer not null default 0
    constraint projects_progress_check check (progress between 0 and 100);

comment on column projects.progress is
    'Percentage of the tasks that are done, of those not cancelled; 0 where there are none. Written by the rule that steward.roll_up_progress attaches to tasks.';
comment on constraint projects_progress_check on projects is 'A percentage.';

-- It follows from the tasks, which are audited themselves.
select steward.audit('projects', 'audit_log', ignore => '{updated_at,progress}');

comment on trigger steward_audit on projects is 'Records changes in audit_log.';
comment on trigger steward_audit_truncate on projects is 'Records a TRUNCATE in audit_log.';

select steward.roll_up_progress('tasks', parent => 'project_id', destination => 'projects', progress => 'progress',
    status => 'status', done => '{done}', cancelled => '{cancelled}');
