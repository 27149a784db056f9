select steward.track_updated_at('users', name => 'update_users_updated_at');
select steward.track_updated_at('tasks', name => 'update_tasks_updated_at');
select steward.track_updated_at('messages', name => 'update_messages_updated_at');
select steward.track_updated_at('features', column_name => 'last_updated', name => 'update_features_last_updated');

comment on trigger update_users_updated_at on users is 'Keeps updated_at.';
comment on trigger update_tasks_updated_at on tasks is 'Keeps updated_at.';
comment on trigger update_messages_updated_at on messages is 'Keeps updated_at.';
comment on trigger update_features_last_updated on features is 'Keeps last_updated.';
