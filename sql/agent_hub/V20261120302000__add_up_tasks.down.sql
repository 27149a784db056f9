drop trigger keep_task_totals on tasks;
drop trigger add_up_tasks_after_truncate on token_usage;
drop trigger add_up_tasks_after_delete on token_usage;
drop trigger add_up_tasks_after_update on token_usage;
drop trigger add_up_tasks_after_insert on token_usage;
drop function keep_task_totals();
drop function add_up_tasks();
