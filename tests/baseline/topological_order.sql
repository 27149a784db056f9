-- The recursive query that one writes for an order of the tasks: each task at each depth at which it is met, and the greatest
-- depth counts. UNION keeps diamonds from multiplying (with UNION ALL each path is a row), but a task is still met once for
-- each length that a path to it has.
create function topological_order() returns table ("position" bigint, task bigint, depth integer)
    language sql
    stable
begin atomic
    with recursive met (task, depth) as (
        select depends_on, 0
        from task_dependencies as edge
        where not exists (select from task_dependencies as below where below.task_id = edge.depends_on)
        union
        select edge.task_id, met.depth + 1
        from met
        join task_dependencies as edge on edge.depends_on = met.task
    ),
    deepest as (
        select met.task, max(met.depth) as depth
        from met
        group by met.task
    )
    select row_number() over (order by deepest.depth, deepest.task), deepest.task, deepest.depth
    from deepest;
end;
