-- Completing a task by hand, with nothing that keeps two sessions apart: the row, and the counters of open
-- blockers of all that waits for it.
create table task_counters (task_id bigint primary key, open_blockers integer not null) with (fillfactor = 80);
insert into task_counters
select id, (
    select count(*) from task_dependencies as edge
    join tasks as blocker on blocker.id = edge.depends_on
    where edge.task_id = task.id and blocker.status <> 'done'
)
from tasks as task;

prepare complete (bigint) as
with completed as (
    update tasks set status = 'done', completed_at = now() where id = $1 returning id
)
update task_counters as counter set open_blockers = open_blockers - 1
from task_dependencies as edge, completed
where edge.depends_on = completed.id and counter.task_id = edge.task_id;
