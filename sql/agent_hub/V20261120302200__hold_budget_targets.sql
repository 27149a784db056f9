-- The foreign keys hold the target and find its deletion; this trigger says which target it is, and what the deletion means.
create function hold_budget_target() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $function$
begin
    if tg_op = 'UPDATE'
        and new.scope_type = old.scope_type
        and new.scope_id is not distinct from old.scope_id
    then
        -- A foreign key's action is a trigger itself.
        if pg_trigger_depth() > 1
            and coalesce(new.project_id, new.agent_id) is null
            and coalesce(old.project_id, old.agent_id) is not null
        then
            new.is_active := false;
            return new;
        end if;
        -- What is switched off may be about what is gone.
        if new.is_active is not true then
            new.project_id := old.project_id;
            new.agent_id := old.agent_id;
            return new;
        end if;
    end if;
    new.project_id := case new.scope_type when 'project' then new.scope_id end;
    new.agent_id := case new.scope_type when 'agent' then new.scope_id end;
    return new;
end;
$function$;

create trigger hold_budget_target before insert or update on budget_limits
    for each row execute function hold_budget_target();

-- Budgets that were made before: they get their target, and are switched off where it is gone.
update budget_limits set is_active = false where is_active and (
    scope_type = 'project' and not exists (select from projects where projects.id = scope_id)
    or scope_type = 'agent' and not exists (select from agents where agents.id = scope_id)
);
update budget_limits set scope_id = scope_id where is_active and scope_id is not null;

alter table budget_limits add constraint budget_limits_target_check check (
    (project_id is null or scope_type::text = 'project' and project_id = scope_id)
    and (agent_id is null or scope_type::text = 'agent' and agent_id = scope_id)
    and (is_active is not true or scope_id is null or coalesce(project_id, agent_id) is not null)
);

comment on function hold_budget_target() is
    'BEFORE INSERT OR UPDATE row trigger of budget_limits: project_id and agent_id are the target by scope_id, and a budget whose target was deleted is switched off.';
comment on trigger hold_budget_target on budget_limits is 'Writes project_id and agent_id, and switches off a budget whose target was deleted.';
comment on constraint budget_limits_target_check on budget_limits is 'A budget that is in use has its target, and no other.';
comment on column budget_limits.is_active is 'Whether it counts. Deleting the target makes it false.';
comment on column budget_limits.project_id is
    'The project of scope_id, written by the trigger hold_budget_target; NULL for the other scopes, and once the project was deleted, which switches the budget off.';
comment on column budget_limits.agent_id is
    'The agent of scope_id, written by the trigger hold_budget_target; NULL for the other scopes, and once the agent was deleted, which switches the budget off.';
