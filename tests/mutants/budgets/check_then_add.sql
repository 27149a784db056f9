-- Wrong: two sessions add up at the same time, and neither sees what the other is about to add.

create function refuse_overspending() returns trigger language plpgsql as $$ declare
    exceeded text;
begin
    select b.name into exceeded from budget_limits as b
    where b.action_on_exceed = 'block'
        and (b.scope_type = 'global' or b.scope_id = new.project_id and b.scope_type = 'project' or b.scope_agent_type = new.agent_type)
        and b.amount_usd < (
            select sum(u.cost_usd) from token_usage as u
            where b.scope_type = 'global' or u.project_id = b.scope_id and b.scope_type = 'project' or u.agent_type = b.scope_agent_type
        )
    limit 1;
    if exceeded is not null and (tg_op = 'INSERT' or new.cost_usd > old.cost_usd) then
        raise check_violation using message = 'would be exceeded', constraint = exceeded;
    end if;
    return null;
end $$;

create trigger budget after insert or update on token_usage for each row execute function refuse_overspending();
