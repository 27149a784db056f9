-- The same as dependencies.sql where each project is a graph of its own, with a lock of its own.
create function refuse_dependency_cycle() returns trigger
    language plpgsql
as $function$
begin
    perform pg_advisory_xact_lock(tg_relid::integer, new.project_id::integer);
    if exists (
        with recursive reachable (task) as (
            select new.depends_on
            union
            select edge.depends_on
            from reachable
            join task_dependencies as edge on edge.task_id = reachable.task
        )
        select from reachable where task = new.task_id
    ) then
        raise exception 'task % would wait for itself', new.task_id using errcode = 'check_violation';
    end if;
    return null;
end;
$function$;

create trigger task_dependencies_acyclic
    after insert or update on task_dependencies
    for each row execute function refuse_dependency_cycle();
