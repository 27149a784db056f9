-- Wrong: a function that is STABLE reads under the snapshot of the statement that fired it, which is older than the lock.

create function refuse_cycle() returns trigger language plpgsql stable as $$ begin
    perform pg_advisory_xact_lock(1);
    if exists (
        with recursive waits_for (task) as (
            select new.depends_on
            union
            select e.depends_on from waits_for as w join edges as e on e.task_id = w.task
        )
        select from waits_for where task = new.task_id
    ) then
        raise check_violation using message = 'would close a cycle', constraint = 'edges_acyclic';
    end if;
    return null;
end $$;

create constraint trigger edges_acyclic after insert or update on edges
deferrable for each row execute function refuse_cycle();
