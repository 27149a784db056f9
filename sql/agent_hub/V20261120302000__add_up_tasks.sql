-- The totals of tasks are set to the sums, not added to: what an application adds itself does not count twice, and what is
-- wrong for any reason is right after the next row.
--
-- Whoever changes usage locks its tasks first, in the order of their ids, and adds up then, under a snapshot that is newer
-- than the locks: it sees what those have committed who held them before. Above READ COMMITTED the snapshot is older, and the
-- server refuses to lock a row that was written since, with 40001. So a task whose total is as high as can be is
-- written although it stays as it is: what it stands for has changed.
--
-- Once a statement, so that a thousand rows of a task are added up once. As the owner, because who writes usage need not write
-- tasks. The settings: see derive_usage().
create function add_up_tasks() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
as $function$
declare
    changed_ids uuid[];
    saturated_ids uuid[];
begin
    perform set_config('search_path', format('%I, pg_temp', tg_table_schema), true);
    if tg_op = 'TRUNCATE' then
        update tasks set total_tokens_used = 0, total_cost_usd = 0
        where (total_tokens_used, total_cost_usd) is distinct from (0, 0.0);
        return null;
    end if;
    if tg_op = 'INSERT' then
        changed_ids := array(select distinct task_id from new_rows where task_id is not null);
    elsif tg_op = 'DELETE' then
        changed_ids := array(select distinct task_id from old_rows where task_id is not null);
    else
        -- Those whose sums are others now: what a foreign key sets to NULL besides changes none.
        changed_ids := array(
            select task_id
            from (
                select task_id, 1.0 as sign, tokens_in, tokens_out, cost_usd from new_rows
                union all
                select task_id, -1.0, tokens_in, tokens_out, cost_usd from old_rows
            ) as changed
            where task_id is not null
            group by task_id
            having (sum(sign), sum(sign * (tokens_in::numeric + tokens_out::numeric)), sum(sign * cost_usd))
                is distinct from (0.0, 0.0, 0.0)
        );
    end if;
    if pg_catalog.cardinality(changed_ids) = 0 then
        return null;
    end if;
    perform from tasks where id = any (changed_ids) order by id for no key update;
    with counted as (
        select changed.id, coalesce(added.tokens, 0) as tokens,
            coalesce(added.cost, 0) as cost,
            added.tokens not between -2147483648.0 and 2147483647.0
                or added.cost not between -9999.999999 and 9999.999999 as is_saturated
        from pg_catalog.unnest(changed_ids) as changed (id)
        left join (
            select task_id, sum(tokens_in::bigint + tokens_out) as tokens, sum(cost_usd) as cost
            from token_usage where task_id = any (changed_ids) group by task_id
        ) as added on added.task_id = changed.id
    ), written as (
        update tasks as task set
            total_tokens_used = least(greatest(counted.tokens, -2147483648.0), 2147483647.0),
            total_cost_usd = least(greatest(counted.cost, -9999.999999), 9999.999999)
        from counted
        -- By the sums themselves, not by the most that the columns can hold.
        where task.id = counted.id
            and (task.total_tokens_used::numeric, task.total_cost_usd)
                is distinct from (counted.tokens, counted.cost)
        returning task.id, counted.is_saturated
    )
    select pg_catalog.array_agg(id order by id) filter (where is_saturated) into saturated_ids from written;
    if saturated_ids is not null then
        raise warning 'the usage of % tasks adds up to more than their columns can hold', pg_catalog.cardinality(saturated_ids) using
            detail = pg_catalog.format('They have the most that they can. The first is %s.', saturated_ids[1]),
            hint = 'The sums over token_usage are exact.';
    end if;
    return null;
end;
$function$;

-- What a client writes to totals that are sums is set to the sums again.
create function keep_task_totals() returns trigger
    language plpgsql
    security definer
    set search_path = pg_catalog, pg_temp
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
as $function$
declare
    added record;
begin
    perform set_config('search_path', format('%I, pg_temp', tg_table_schema), true);
    select count(*) as rows, sum(tokens_in::bigint + tokens_out) as tokens, sum(cost_usd) as cost
    into added from token_usage where task_id = new.id;
    if added.rows > 0 then
        new.total_tokens_used := least(greatest(added.tokens, -2147483648.0), 2147483647.0);
        new.total_cost_usd := least(greatest(added.cost, -9999.999999), 9999.999999);
    end if;
    return new;
end;
$function$;

-- Triggers run without this right; without it nobody else can put the functions onto a table.
revoke execute on function add_up_tasks() from public;
revoke execute on function keep_task_totals() from public;

create trigger add_up_tasks_after_insert after insert on token_usage
    referencing new table as new_rows
    for each statement execute function add_up_tasks();
create trigger add_up_tasks_after_update after update on token_usage
    referencing old table as old_rows new table as new_rows
    for each statement execute function add_up_tasks();
create trigger add_up_tasks_after_delete after delete on token_usage
    referencing old table as old_rows
    for each statement execute function add_up_tasks();
create trigger add_up_tasks_after_truncate after truncate on token_usage
    for each statement execute function add_up_tasks();
-- The other triggers write through this one, which then has nothing to add.
create trigger keep_task_totals before update on tasks
    for each row when (
        pg_trigger_depth() = 0
        and (
            new.total_tokens_used is distinct from old.total_tokens_used
            or new.total_cost_usd is distinct from old.total_cost_usd
        )
    )
    execute function keep_task_totals();

comment on function add_up_tasks() is
    'Statement trigger of token_usage: the totals of tasks are the sums of their usage. More than a column can hold is a warning, and the most that it can.';
comment on function keep_task_totals() is
    'BEFORE UPDATE row trigger of tasks: totals that are sums of usage stay so, whatever a client says.';
comment on trigger add_up_tasks_after_insert on token_usage is 'Keeps the totals of tasks.';
comment on trigger add_up_tasks_after_update on token_usage is 'Keeps the totals of tasks.';
comment on trigger add_up_tasks_after_delete on token_usage is 'Keeps the totals of tasks.';
comment on trigger add_up_tasks_after_truncate on token_usage is 'Keeps the totals of tasks.';
comment on trigger keep_task_totals on tasks is 'Keeps what clients write from getting into sums.';
