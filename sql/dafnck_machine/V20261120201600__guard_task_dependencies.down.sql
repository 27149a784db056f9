select steward.detach('task_dependencies', 'dependencies');
