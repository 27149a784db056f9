-- The query that one writes for "what can be begun", with the indexes that serve it best: open tasks in the
-- order that is asked for, and the keys of open tasks for the look at a blocker.
create index on tasks (priority, due_date, id) where status not in ('done', 'cancelled');
create index on tasks (id) where status <> 'done';

-- For a walk that ends after a few hundred tasks, the planner would start processes that take longer than it does.
set max_parallel_workers_per_gather = 0;

create view ready_tasks as
select task.id
from tasks as task
where task.status not in ('done', 'cancelled')
    and not exists (
        select
        from task_dependencies as edge
        join tasks as blocker on blocker.id = edge.depends_on
        where edge.task_id = task.id and blocker.status <> 'done'
    )
order by task.priority, task.due_date, task.id
limit 50;
