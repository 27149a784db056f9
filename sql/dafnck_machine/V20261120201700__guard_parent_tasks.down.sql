select steward.detach('tasks', 'dependencies', name => 'steward_parents');
