select steward.track_completion('tasks', key => 'id', status => 'status', done => '{done}', cancelled => '{cancelled}',
    completed_at => 'completed_at', edges => 'task_dependencies', priority => 'priority',
    priorities => '{urgent,high,medium,low}', due => 'due_date', title => 'title');

comment on column tasks.status is
    'How far the task is; NULL if that is not kept. Not "done" while it waits for another: the rule that steward.track_completion attaches.';
comment on column tasks.completed_at is
    'When the status became "done", stamped by the rule that steward.track_completion attaches; cleared when the task is reopened. A task that comes as "done" keeps the time that it brings.';
comment on function complete_task(uuid) is
    'Sets the task to "done", completed now. One that waits for another is refused, and one that is done keeps the time at which it was.';
