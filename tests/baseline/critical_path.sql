-- The chain of tasks that takes longest. A recursive query has to carry the time along each path, and paths multiply at every
-- diamond; so this goes by layers (Kahn), which is the best that PL/pgSQL can do: each dependency is looked at once.
create function critical_path() returns table ("position" bigint, task bigint, total double precision)
    language plpgsql
as $function$
declare
    layer bigint[];
begin
    create temporary table plan on commit drop as
        select
            tasks.id as task,
            tasks.estimated_hours::double precision as duration,
            0::double precision as starts,
            null::bigint as after,
            count(edge.task_id) as dependencies
        from tasks
        left join task_dependencies as edge on edge.task_id = tasks.id
        group by tasks.id;
    alter table plan add primary key (task);
    analyze plan;

    layer := array(select plan.task from plan where plan.dependencies = 0);
    while layer is not null loop
        with reached as (
            select
                edge.task_id as task,
                count(*) as dependencies,
                max(plan.starts + plan.duration) as starts,
                (array_agg(plan.task order by plan.starts + plan.duration desc))[1] as after
            from unnest(layer) as ready (task)
            join plan on plan.task = ready.task
            join task_dependencies as edge on edge.depends_on = plan.task
            group by edge.task_id
        ),
        counted as (
            update plan
            set
                dependencies = plan.dependencies - reached.dependencies,
                starts = greatest(plan.starts, reached.starts),
                after = case when plan.after is null or reached.starts > plan.starts then reached.after else plan.after end
            from reached
            where plan.task = reached.task
            returning plan.task, plan.dependencies
        )
        select array_agg(counted.task) into layer
        from counted
        where counted.dependencies = 0;
    end loop;

    return query
        with recursive chain (task, after, total) as (
            (
                select plan.task, plan.after, plan.starts + plan.duration
                from plan
                order by plan.starts + plan.duration desc
                limit 1
            )
            union all
            select plan.task, plan.after, plan.starts + plan.duration
            from chain
            join plan on plan.task = chain.after
        )
        select row_number() over (order by chain.total), chain.task, chain.total
        from chain;
    drop table plan;
end;
$function$;
