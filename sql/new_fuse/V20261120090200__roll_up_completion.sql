select steward.roll_up_progress('tasks', parent => 'feature_id', progress => 'completion_percentage', done => '{completed}');

comment on column features.completion_percentage is
    'Share of its tasks that are completed, in percent from 0 to 100, 0 without tasks; cancelled ones do not count. Kept by the rule that steward.roll_up_progress attaches to tasks.';
comment on column features.last_updated is
    'When the row was last updated, by a change of its completion too; written by the trigger update_features_last_updated.';
