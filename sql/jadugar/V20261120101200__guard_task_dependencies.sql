select steward.guard_dependencies('task_dependencies', task => 'task_id', depends_on => 'depends_on');
