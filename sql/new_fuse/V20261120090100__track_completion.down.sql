comment on column tasks.completed_at is 'When the task was done, written by the application; NULL while it is not.';
comment on column tasks.status is 'How far the task is: "pending" when it is new. The application defines the other values.';

select steward.detach('tasks', 'tasks');
