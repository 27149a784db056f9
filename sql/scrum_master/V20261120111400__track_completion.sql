-- A task is begun before it is done, can be put back, and is reopened as one that is being done. A higher priority is more
-- urgent.
select steward.track_completion('tasks', cancelled => '{}', due => 'end_date', highest_first => true,
    transitions => '{"todo": ["in_progress"], "in_progress": ["todo", "done"], "done": ["in_progress"]}');

-- Without a stamp: stamp_resolution keeps resolved_at, also against a client that sends another.
select steward.track_completion('triage_items', done => '{resolved,rejected}', cancelled => '{}', completed_at => null,
    priorities => '{critical,high,medium,low}',
    transitions => '{"pending": ["in_review", "rejected"], "in_review": ["pending", "resolved", "rejected"],
                     "resolved": ["in_review"], "rejected": ["in_review"]}');

comment on column tasks.status is
    'How far the task is: todo, in_progress or done. todo leads to in_progress, that to done or back, and done to in_progress.';
comment on column tasks.completed_at is
    'When the task was done, NULL while it is not; written by the trigger steward_completion. A task that is inserted as done keeps its time.';
comment on column triage_items.status is
    'How far it is: pending, in_review, resolved or rejected. It is resolved or put back in review only, and rejected at any time; what is closed goes back into review.';
