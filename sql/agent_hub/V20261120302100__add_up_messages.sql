-- As add_up_tasks() does for tasks: why that is right is written there.
create function add_up_messages() returns trigger
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
        update messages set tokens_in = 0, tokens_out = 0, cost_usd = 0
        where (tokens_in, tokens_out, cost_usd) is distinct from (0, 0, 0.0);
        return null;
    end if;
    if tg_op = 'INSERT' then
        changed_ids := array(select distinct message_id from new_rows where message_id is not null);
    elsif tg_op = 'DELETE' then
        changed_ids := array(select distinct message_id from old_rows where message_id is not null);
    else
        -- Those whose sums are others now: what a foreign key sets to NULL besides changes none.
        changed_ids := array(
            select message_id
            from (
                select message_id, 1.0 as sign, tokens_in, tokens_out, cost_usd from new_rows
                union all
                select message_id, -1.0, tokens_in, tokens_out, cost_usd from old_rows
            ) as changed
            where message_id is not null
            group by message_id
            having (sum(sign), sum(sign * tokens_in::numeric), sum(sign * tokens_out::numeric), sum(sign * cost_usd))
                is distinct from (0.0, 0.0, 0.0, 0.0)
        );
    end if;
    if pg_catalog.cardinality(changed_ids) = 0 then
        return null;
    end if;
    perform from messages where id = any (changed_ids) order by id for no key update;
    with counted as (
        select changed.id, coalesce(added.tokens_in, 0.0) as tokens_in,
            coalesce(added.tokens_out, 0.0) as tokens_out,
            coalesce(added.cost_usd, 0.0) as cost_usd,
            added.tokens_in not between -2147483648.0 and 2147483647.0
                or added.tokens_out not between -2147483648.0 and 2147483647.0
                or added.cost_usd not between -9999.999999 and 9999.999999 as is_saturated
        from pg_catalog.unnest(changed_ids) as changed (id)
        left join (
            -- As numeric: pg_catalog has no operators of bigint and numeric, and another schema's would be taken.
            select message_id, sum(tokens_in)::numeric as tokens_in, sum(tokens_out)::numeric as tokens_out,
                sum(cost_usd) as cost_usd
            from token_usage where message_id = any (changed_ids) group by message_id
        ) as added on added.message_id = changed.id
    ), written as (
        update messages as message set
            tokens_in = least(greatest(counted.tokens_in, -2147483648.0), 2147483647.0),
            tokens_out = least(greatest(counted.tokens_out, -2147483648.0), 2147483647.0),
            cost_usd = least(greatest(counted.cost_usd, -9999.999999), 9999.999999)
        from counted
        -- By the sums themselves, not by the most that the columns can hold.
        where message.id = counted.id
            and (message.tokens_in::numeric, message.tokens_out::numeric, message.cost_usd)
                is distinct from (counted.tokens_in, counted.tokens_out, counted.cost_usd)
        returning message.id, counted.is_saturated
    )
    select pg_catalog.array_agg(id order by id) filter (where is_saturated) into saturated_ids from written;
    if saturated_ids is not null then
        raise warning 'the usage of % messages adds up to more than their columns can hold', pg_catalog.cardinality(saturated_ids) using
            detail = pg_catalog.format('They have the most that they can. The first is %s.', saturated_ids[1]),
            hint = 'The sums over token_usage are exact.';
    end if;
    return null;
end;
$function$;

-- What a client writes to totals that are sums is set to the sums again.
create function keep_message_totals() returns trigger
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
    select count(*) as rows, sum(tokens_in) as tokens_in, sum(tokens_out) as tokens_out, sum(cost_usd) as cost_usd
    into added from token_usage where message_id = new.id;
    if added.rows > 0 then
        new.tokens_in := least(greatest(added.tokens_in, -2147483648.0), 2147483647.0);
        new.tokens_out := least(greatest(added.tokens_out, -2147483648.0), 2147483647.0);
        new.cost_usd := least(greatest(added.cost_usd, -9999.999999), 9999.999999);
    end if;
    return new;
end;
$function$;

-- Triggers run without this right; without it nobody else can put the functions onto a table.
revoke execute on function add_up_messages() from public;
revoke execute on function keep_message_totals() from public;

create trigger add_up_messages_after_insert after insert on token_usage
    referencing new table as new_rows
    for each statement execute function add_up_messages();
create trigger add_up_messages_after_update after update on token_usage
    referencing old table as old_rows new table as new_rows
    for each statement execute function add_up_messages();
create trigger add_up_messages_after_delete after delete on token_usage
    referencing old table as old_rows
    for each statement execute function add_up_messages();
create trigger add_up_messages_after_truncate after truncate on token_usage
    for each statement execute function add_up_messages();
-- The other triggers write through this one, which then has nothing to add.
create trigger keep_message_totals before update on messages
    for each row when (
        pg_trigger_depth() = 0
        and (
            new.tokens_in is distinct from old.tokens_in
            or new.tokens_out is distinct from old.tokens_out
            or new.cost_usd is distinct from old.cost_usd
        )
    )
    execute function keep_message_totals();

comment on function add_up_messages() is
    'Statement trigger of token_usage: the totals of messages are the sums of their usage. More than a column can hold is a warning, and the most that it can.';
comment on function keep_message_totals() is
    'BEFORE UPDATE row trigger of messages: totals that are sums of usage stay so, whatever a client says.';
comment on trigger add_up_messages_after_insert on token_usage is 'Keeps the totals of messages.';
comment on trigger add_up_messages_after_update on token_usage is 'Keeps the totals of messages.';
comment on trigger add_up_messages_after_delete on token_usage is 'Keeps the totals of messages.';
comment on trigger add_up_messages_after_truncate on token_usage is 'Keeps the totals of messages.';
comment on trigger keep_message_totals on messages is 'Keeps what clients write from getting into sums.';
