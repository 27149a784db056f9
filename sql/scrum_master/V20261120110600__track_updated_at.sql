select steward.track_updated_at('users');
select steward.track_updated_at('tasks');
select steward.track_updated_at('triage_items');

comment on trigger steward_updated_at on users is 'Keeps updated_at.';
comment on trigger steward_updated_at on tasks is 'Keeps updated_at.';
comment on trigger steward_updated_at on triage_items is 'Keeps updated_at.';
