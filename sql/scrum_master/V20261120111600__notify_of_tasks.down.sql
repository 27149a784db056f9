comment on table notifications is 'What users are told about the work that concerns them.';

select steward.detach('tasks', 'notices');
