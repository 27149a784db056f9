comment on column tasks.status is 'How far the task is: a label of status_type.';

select steward.detach('tasks', 'tasks');
