-- The specification names no status but "pending": "completed" is that of its completed_at. A higher priority is more urgent.
select steward.track_completion('tasks', done => '{completed}', highest_first => true);

comment on column tasks.status is
    'How far the task is: "pending" when it is new, "completed" when it is done, "cancelled" when it will not be. The application defines the other values.';
comment on column tasks.completed_at is
    'When the task was done, NULL while it is not; written by the trigger steward_completion. A task that is inserted as completed keeps its time.';
