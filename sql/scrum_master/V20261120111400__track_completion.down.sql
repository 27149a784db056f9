comment on column triage_items.status is 'How far it is: pending, in_review, resolved or rejected.';
comment on column tasks.completed_at is 'When the task was done, written by the application; NULL while it is not.';
comment on column tasks.status is 'How far the task is: todo, in_progress or done.';

select steward.detach('triage_items', 'tasks');
select steward.detach('tasks', 'tasks');
