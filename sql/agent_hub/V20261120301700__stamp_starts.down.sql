comment on column tasks.started_at is 'When work on the task began, written by the application; NULL if it has not.';

drop trigger stamp_start on tasks;
drop function stamp_start();
