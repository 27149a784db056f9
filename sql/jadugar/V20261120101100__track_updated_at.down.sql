select steward.detach('webhooks', 'timestamps', name => 'steward_updated_at');
select steward.detach('service_configs', 'timestamps', name => 'steward_updated_at');
select steward.detach('services', 'timestamps', name => 'steward_updated_at');
select steward.detach('tasks', 'timestamps', name => 'steward_updated_at');
select steward.detach('milestones', 'timestamps', name => 'steward_updated_at');
select steward.detach('api_keys', 'timestamps', name => 'steward_updated_at');
select steward.detach('users', 'timestamps', name => 'steward_updated_at');
