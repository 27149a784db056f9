select steward.detach('triage_items', 'timestamps', name => 'steward_updated_at');
select steward.detach('tasks', 'timestamps', name => 'steward_updated_at');
select steward.detach('users', 'timestamps', name => 'steward_updated_at');
