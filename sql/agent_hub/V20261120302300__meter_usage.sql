-- Bound to the tables when it is created, whatever search_path it is called under. Users who are just being deleted are left
-- out: their deletion must not fail the usage that reaches a threshold.
create function tell_of_budget(budget text, severity text, title text, message text, details jsonb) returns void
    language sql
begin atomic
    insert into notifications (type, title, message, severity, user_id, project_id, agent_id, metadata)
    select 'budget', left(tell_of_budget.title, 200), tell_of_budget.message, tell_of_budget.severity, told.id,
        coalesce(budget_limits.project_id, agents.project_id), budget_limits.agent_id,
        details || jsonb_build_object('related_entity_type', 'budget_limit', 'related_entity_id', budget)
    from budget_limits
    left join agents on agents.id = budget_limits.agent_id
    left join projects on projects.id = coalesce(budget_limits.project_id, agents.project_id)
    join users as told on (told.is_admin or told.id = projects.owner_id) and told.is_active is not false
    where budget_limits.id = budget::uuid
    order by told.id
    for key share of told;
end;

select steward.meter_usage('token_usage', limits => 'budget_limits', cost => 'cost_usd', at => 'timestamp',
    scopes => '{"project": "project_id", "agent": "agent_id", "agent_type": "agent_type"}', notify => 'tell_of_budget');

comment on function tell_of_budget(text, text, text, text, jsonb) is
    'Called by the rule that steward.meter_usage attaches: a notification "budget" to every administrator, and to the owner of the project that the budget is about, be it by its agent.';
comment on table budget_limits is
    'How much may be spent in a day, a week or a month: by everybody, by a project, by an agent, by the agents of a type. The rule that steward.meter_usage attaches charges token_usage to them.';
comment on table token_usage is
    'What each request to a model used and cost, charged to the budgets that it falls under. It is money spent: it stays when what it was spent on is deleted.';
