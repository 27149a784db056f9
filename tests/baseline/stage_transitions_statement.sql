-- The same once a statement, which is the fastest that PL/pgSQL can do for many rows. It does not hold where
-- the row triggers do: it fires neither for a row written to a partition by its own name nor for one that moves
-- between partitions, and it loses a row whose key changes.
create function record_stage_transitions() returns trigger
    language plpgsql
as $function$
begin
    insert into stage_transitions (feature_id, from_stage, to_stage, "timestamp", duration)
    select
        changed.id,
        former.current_stage,
        changed.current_stage,
        happened.at,
        floor(extract(epoch from happened.at - previous.at) * 1000)
    from changed
    join former using (id)
    left join lateral (
        select "timestamp" as at
        from stage_transitions
        where feature_id = changed.id
        order by "timestamp" desc
        limit 1
    ) as previous on true,
    lateral (select greatest(now(), previous.at + interval '1 microsecond') as at) as happened
    where former.current_stage is distinct from changed.current_stage;
    return null;
end;
$function$;

create function record_first_stages() returns trigger
    language plpgsql
as $function$
begin
    insert into stage_transitions (feature_id, from_stage, to_stage, "timestamp", duration)
    select id, null, current_stage, now(), null
    from added
    where current_stage is not null;
    return null;
end;
$function$;

create trigger features_first_stages
    after insert on features
    referencing new table as added
    for each statement execute function record_first_stages();

create trigger features_stages
    after update on features
    referencing old table as former new table as changed
    for each statement execute function record_stage_transitions();
