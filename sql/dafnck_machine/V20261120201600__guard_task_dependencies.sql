select steward.guard_dependencies('task_dependencies', task => 'task_id', depends_on => 'depends_on_task_id',
    kind => 'dependency_type', blocking_kinds => '{blocks}', reversed_kinds => '{subtask_of}');
