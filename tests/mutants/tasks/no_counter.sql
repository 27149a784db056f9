-- Wrong: the counters are right, but whether a task may be done is decided by a look at its blockers, which others reopen at
-- the same time.

select steward.guard_dependencies('edges');

create table tasks_readiness (task integer primary key, state integer, open_blockers integer, is_ready boolean);

create function recount(ids integer[]) returns void language plpgsql as $$ begin
    perform pg_advisory_xact_lock(1);
    insert into tasks_readiness select id, 0, 0, false from tasks where id = any (ids) on conflict do nothing;
    delete from tasks_readiness where task = any (ids) and task not in (select id from tasks);
    update tasks_readiness as r set state = c.state, open_blockers = c.blockers, is_ready = c.state = 0 and c.blockers = 0
    from (
        select t.id, case t.status when 'done' then 1 when 'cancelled' then 2 else 0 end as state,
            count(b.id) filter (where b.status <> 'done') as blockers
        from tasks as t left join edges as e on e.task_id = t.id left join tasks as b on b.id = e.depends_on
        where t.id = any (ids) group by t.id, t.status
    ) as c where c.id = r.task;
end $$;

create function refuse_blocked() returns trigger language plpgsql as $$ begin
    if new.status = 'done' and exists (
        select from edges as e join tasks as b on b.id = e.depends_on where e.task_id = new.id and b.status <> 'done'
    ) or new.status <> 'done' and exists (
        select from edges as e join tasks as t on t.id = e.task_id where e.depends_on = new.id and t.status = 'done'
    ) then
        raise object_not_in_prerequisite_state using message = 'waits for others', constraint = 'tasks_unblocked';
    end if;
    return new;
end $$;

create trigger refuse_blocked before insert or update on tasks for each row execute function refuse_blocked();

create function refuse_open() returns trigger language plpgsql as $$ begin
    if exists (select from tasks where id = new.task_id and status = 'done')
        and exists (select from tasks where id = new.depends_on and status <> 'done') then
        raise object_not_in_prerequisite_state using message = 'waits for others', constraint = 'tasks_unblocked';
    end if;
    return new;
end $$;

create trigger refuse_open before insert or update on edges for each row execute function refuse_open();

create function task_changed() returns trigger language plpgsql as $$ begin
    perform pg_advisory_xact_lock(1);
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
