select steward.track_updated_at('users', name => 'users_updated_at_trigger');
select steward.track_updated_at('user_profiles', name => 'user_profiles_updated_at_trigger');
select steward.track_updated_at('projects', name => 'projects_updated_at_trigger');
select steward.track_updated_at('tasks', name => 'tasks_updated_at_trigger');
select steward.track_updated_at('documents', name => 'documents_updated_at_trigger');

comment on trigger users_updated_at_trigger on users is 'Keeps updated_at.';
comment on trigger user_profiles_updated_at_trigger on user_profiles is 'Keeps updated_at.';
comment on trigger projects_updated_at_trigger on projects is 'Keeps updated_at.';
comment on trigger tasks_updated_at_trigger on tasks is 'Keeps updated_at.';
comment on trigger documents_updated_at_trigger on documents is 'Keeps updated_at.';
