select steward.detach('features', 'timestamps', name => 'update_features_last_updated');
select steward.detach('messages', 'timestamps', name => 'update_messages_updated_at');
select steward.detach('tasks', 'timestamps', name => 'update_tasks_updated_at');
select steward.detach('users', 'timestamps', name => 'update_users_updated_at');
