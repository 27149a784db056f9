comment on column tasks.is_delayed is 'Whether the task is not done though end_date is past; written by the application.';

drop index idx_tasks_due;
drop function flag_delayed_tasks();
