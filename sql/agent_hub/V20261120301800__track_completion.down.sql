comment on column tasks.completed_at is 'When the task was completed, written by the application; NULL if it is not.';

select steward.detach('tasks', 'tasks');
