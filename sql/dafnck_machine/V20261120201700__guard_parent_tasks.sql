select steward.guard_dependencies('tasks', task => 'id', depends_on => 'parent_task_id', name => 'parents');
