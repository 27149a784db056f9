-- The history of features.current_stage, row by row. A WHEN clause keeps the function from being called where
-- the stage stays, and the previous transition is found by the index on (feature_id, "timestamp").
create function record_stage_transition() returns trigger
    language plpgsql
as $function$
begin
    if tg_op = 'INSERT' then
        insert into stage_transitions (feature_id, from_stage, to_stage, "timestamp", duration)
        values (new.id, null, new.current_stage, now(), null);
        return null;
    end if;

    insert into stage_transitions (feature_id, from_stage, to_stage, "timestamp", duration)
    select
        new.id,
        old.current_stage,
        new.current_stage,
        happened.at,
        floor(extract(epoch from happened.at - previous.at) * 1000)
    from (select) as one
    left join (
        select "timestamp" as at
        from stage_transitions
        where feature_id = new.id
        order by "timestamp" desc
        limit 1
    ) as previous on true,
    lateral (select greatest(now(), previous.at + interval '1 microsecond') as at) as happened;
    return null;
end;
$function$;

create trigger features_first_stage
    after insert on features
    for each row
    when (new.current_stage is not null)
    execute function record_stage_transition();

create trigger features_stage
    after update of current_stage on features
    for each row
    when (old.current_stage is distinct from new.current_stage)
    execute function record_stage_transition();
