-- BLOCKED is what people say of a task, and no end of it: what it waits for is in task_dependencies.
select steward.track_completion('tasks', edges => 'task_dependencies', done => '{COMPLETED}', cancelled => '{}',
    completed_at => null, priorities => '{HIGH,MEDIUM,LOW}');

comment on column tasks.status is
    'How far the task is: a label of status_type. COMPLETED only after all that it waits for; BLOCKED is for people to say.';
