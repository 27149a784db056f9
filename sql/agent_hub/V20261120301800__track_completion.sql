-- A task that failed is not offered to the next agent: whoever wants it tried again puts it back to "pending".
select steward.track_completion('tasks', done => '{completed}', cancelled => '{failed}',
    priorities => '{urgent,high,medium,low}', assignee => 'assigned_to_agent_id');

comment on column tasks.completed_at is
    'When the status became "completed", stamped by the rule that steward.track_completion attaches; cleared when the task is reopened. A task that comes as "completed" keeps the time that it brings.';
