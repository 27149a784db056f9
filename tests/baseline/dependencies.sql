-- What keeps task_dependencies free of cycles where PL/pgSQL does it, written well: one writer at a time, a search that
-- looks at every task once (UNION, not UNION ALL) and ends where it finds the task, an index on each end. It walks from the
-- dependency to all that it waits for, which is how the question is put. It holds at READ COMMITTED only: at the other levels
-- the search sees a snapshot that is older than the lock.
create function refuse_dependency_cycle() returns trigger
    language plpgsql
as $function$
begin
    perform pg_advisory_xact_lock(tg_relid::bigint);
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
