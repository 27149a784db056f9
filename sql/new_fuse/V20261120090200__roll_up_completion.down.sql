comment on column features.last_updated is 'When the row was last updated; written by the trigger update_features_last_updated.';
comment on column features.completion_percentage is 'Share of the work that is done, in percent from 0 to 100; written by the application. NULL if unknown.';

select steward.detach('tasks', 'progress');
