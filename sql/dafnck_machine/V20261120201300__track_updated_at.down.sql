select steward.detach('documents', 'timestamps', name => 'documents_updated_at_trigger');
select steward.detach('tasks', 'timestamps', name => 'tasks_updated_at_trigger');
select steward.detach('projects', 'timestamps', name => 'projects_updated_at_trigger');
select steward.detach('user_profiles', 'timestamps', name => 'user_profiles_updated_at_trigger');
select steward.detach('users', 'timestamps', name => 'users_updated_at_trigger');
