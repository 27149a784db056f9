-- The same by layers (Kahn), which is the best that PL/pgSQL can do: each dependency is looked at once. It writes a temporary
-- table, so it runs neither on a standby nor in a READ ONLY transaction.
create function topological_order() returns table ("position" bigint, task bigint, depth integer)
    language plpgsql
as $function$
declare
    layer bigint[];
    before bigint := 0;
begin
    create temporary table waiting on commit drop as
        select edge.task_id as task, count(*) as dependencies
        from task_dependencies as edge
        group by edge.task_id;
    alter table waiting add primary key (task);
    analyze waiting;

    depth := 0;
    layer := array(
        select edge.depends_on from task_dependencies as edge
        except
        select waiting.task from waiting
    );
    while layer is not null loop
        return query
            select before + ready.ordinality, ready.task, depth
            from unnest(layer) with ordinality as ready (task);
        before := before + cardinality(layer);
        depth := depth + 1;

        with reached as (
            select edge.task_id as task, count(*) as dependencies
            from unnest(layer) as ready (task)
            join task_dependencies as edge on edge.depends_on = ready.task
            group by edge.task_id
        ),
        counted as (
            update waiting
            set dependencies = waiting.dependencies - reached.dependencies
            from reached
            where waiting.task = reached.task
            returning waiting.task, waiting.dependencies
        )
        select array_agg(counted.task) into layer
        from counted
        where counted.dependencies = 0;
    end loop;
    drop table waiting;
end;
$function$;
