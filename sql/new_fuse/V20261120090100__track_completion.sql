-- The specification names no status but "pending": "completed" is that of its completed_at. Priorities are left out of what is
-- ready: the extension takes a lower number for the more urgent one, and here it is the less urgent.
select steward.track_completion('tasks', done => '{completed}', priority => '');

comment on column tasks.status is
    'How far the task is: "pending" when it is new, "completed" when it is done, "cancelled" when it will not be. The application defines the other values.';
comment on column tasks.completed_at is
    'When the task was done, NULL while it is not; written by the trigger steward_completion. A task that is inserted as completed keeps its time.';
