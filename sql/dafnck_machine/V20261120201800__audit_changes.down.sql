select steward.detach('documents', 'audit');
select steward.detach('tasks', 'audit');
select steward.detach('project_members', 'audit');
select steward.detach('projects', 'audit');
select steward.detach('users', 'audit');

drop table audit_log, audit_log_seals;
