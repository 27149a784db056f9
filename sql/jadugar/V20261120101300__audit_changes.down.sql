comment on column audit_logs.created_at is 'When the change was made.';
comment on column audit_logs.changes is 'What the change changed; NULL if that is not recorded.';
comment on column audit_logs.entity_id is
    'Id of the entity in that table. No foreign key: the record of a deletion outlives what was deleted.';
comment on column audit_logs.action is 'What was done to the entity, such as "INSERT".';
comment on column audit_logs.user_id is
    'User who made the change; NULL if no user did, or it is not known. Such a user cannot be deleted: who did what stays known.';
comment on table audit_logs is 'Who changed what, and when: one row a change.';

select steward.detach('webhooks', 'audit');
select steward.detach('notifications', 'audit');
select steward.detach('service_configs', 'audit');
select steward.detach('services', 'audit');
select steward.detach('task_dependencies', 'audit');
select steward.detach('tasks', 'audit');
select steward.detach('milestones', 'audit');
select steward.detach('api_keys', 'audit');
select steward.detach('users', 'audit');
