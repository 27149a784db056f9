select steward.detach('tasks', 'dependencies', name => 'parents');
