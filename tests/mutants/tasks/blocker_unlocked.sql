-- Wrong: it locks the counters that it writes, but not the blockers that it counts. Who adds a dependency reads a blocker
-- that another transaction is completing, which in turn does not see the new dependency.

select steward.guard_dependencies('edges');

create table tasks_readiness (task integer primary key, state integer, open_blockers integer, is_ready boolean);

create function recount(ids integer[]) returns void language plpgsql as $$ begin
    perform from tasks_readiness where task = any (ids) order by task for update;
    insert into tasks_readiness select id, 0, 0, false from tasks where id = any (ids) on conflict do nothing;
    delete from tasks_readiness where task = any (ids) and task not in (select id from tasks);
    update tasks_readiness as r set state = c.state, open_blockers = c.blockers, is_ready = c.state = 0 and c.blockers = 0
    from (
        select t.id, case t.status when 'done' then 1 when 'cancelled' then 2 else 0 end as state,
            count(b.id) filter (where b.status <> 'done') as blockers
        from tasks as t left join edges as e on e.task_id = t.id left join tasks as b on b.id = e.depends_on
        where t.id = any (ids) group by t.id, t.status
    ) as c where c.id = r.task;
    if exists (select from tasks_readiness where task = any (ids) and state = 1 and open_blockers > 0) then
        raise object_not_in_prerequisite_state using message = 'waits for others', constraint = 'tasks_unblocked';
    end if;
end $$;

create function task_changed() returns trigger language plpgsql as $$ begin
    perform recount(array[old.id, new.id] || array(
        select task_id from edges where depends_on in (old.id, new.id) order by 1
    ));
    return null;
end $$;

create function edge_changed() returns trigger language plpgsql as $$ begin
    perform recount(array[old.task_id, new.task_id]);
    return null;
end $$;

create trigger task_changed after insert or update or delete on tasks for each row execute function task_changed();
create trigger edge_changed after insert or update or delete on edges for each row execute function edge_changed();
