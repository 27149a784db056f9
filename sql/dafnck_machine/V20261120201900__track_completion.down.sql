select steward.detach('tasks', 'tasks');

comment on column tasks.status is 'How far the task is; NULL if that is not kept.';
comment on column tasks.completed_at is 'When the task was done, written by complete_task or by the application; NULL while it is not.';
comment on function complete_task(uuid) is
    'Sets the task to "done", completed now. One that is done keeps the time at which it was.';
