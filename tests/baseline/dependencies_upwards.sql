-- The same from the other end: from the task to all that waits for it. It is the better way where new tasks come on top of
-- old ones, and the worse one where they come below.
create function refuse_dependency_cycle() returns trigger
    language plpgsql
as $function$
begin
    perform pg_advisory_xact_lock(tg_relid::bigint);
    if exists (
        with recursive waiting (task) as (
            select new.task_id
            union
            select edge.task_id
            from waiting
            join task_dependencies as edge on edge.depends_on = waiting.task
        )
        select from waiting where task = new.depends_on
    ) then
        raise exception 'task % would wait for itself', new.task_id using errcode = 'check_violation';
    end if;
    return null;
end;
$function$;

create trigger task_dependencies_acyclic
    after insert or update on task_dependencies
    for each row execute function refuse_dependency_cycle();
