-- The types are the specification's, which has none for a task that nothing blocks any more. There is no table of dependencies
-- either, so that comes to pass only with one that is added.
select steward.notify_on('tasks', assignee => 'assigned_user_id',
    events => '{"assigned": "task_assigned", "completed": "task_completed", "delayed": "task_delayed", "unblocked": "system"}');

comment on table notifications is
    'What users are told about the work that concerns them: of tasks by the rule that steward.notify_on attaches, of issues by the trigger report_issue, of other things by the application.';
