select steward.track_updated_at('users');
select steward.track_updated_at('api_keys');
select steward.track_updated_at('milestones');
select steward.track_updated_at('tasks');
select steward.track_updated_at('services');
select steward.track_updated_at('service_configs');
select steward.track_updated_at('webhooks');

comment on trigger steward_updated_at on users is 'Keeps updated_at.';
comment on trigger steward_updated_at on api_keys is 'Keeps updated_at.';
comment on trigger steward_updated_at on milestones is 'Keeps updated_at.';
comment on trigger steward_updated_at on tasks is 'Keeps updated_at.';
comment on trigger steward_updated_at on services is 'Keeps updated_at.';
comment on trigger steward_updated_at on service_configs is 'Keeps updated_at.';
comment on trigger steward_updated_at on webhooks is 'Keeps updated_at.';
