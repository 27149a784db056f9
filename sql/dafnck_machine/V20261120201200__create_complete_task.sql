-- The body is bound to the table when it is created, whatever search_path it is called under.
create function complete_task(task_uuid uuid) returns void
    language sql
begin atomic
    update tasks
    set status = 'done', completed_at = now(), updated_at = now()
    where id = task_uuid and status is distinct from 'done';
end;

comment on function complete_task(uuid) is
    'Sets the task to "done", completed now. One that is done keeps the time at which it was.';
