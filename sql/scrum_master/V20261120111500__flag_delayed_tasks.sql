-- Bound to the table when it is created, whatever search_path it is called under.
create function flag_delayed_tasks() returns table (task integer, is_delayed boolean)
    language sql
begin atomic
    select changed.task::integer, changed.delayed
    from steward.flag_delayed('tasks', cancelled => '{}') as changed;
end;

-- Exactly the tasks that may have become late; idx_tasks_delayed has those that may no longer be.
create index idx_tasks_due on tasks (end_date) where is_delayed is not true and status <> 'done';

comment on function flag_delayed_tasks() is
    'Sets is_delayed of the tasks that are not done though end_date is past, clears it of those that are done or have got more time, and returns what it changed. For a clock: pg_cron, or a crontab.';
comment on index idx_tasks_due is 'Tasks that are neither done nor known to be late, by the time they should be done.';
comment on column tasks.is_delayed is
    'Whether the task was not done though end_date was past when flag_delayed_tasks() was last called.';
