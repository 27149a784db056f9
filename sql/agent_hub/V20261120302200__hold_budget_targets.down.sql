comment on column budget_limits.agent_id is
    'The agent of scope_id; NULL for the other scopes, and once the agent was deleted, which switches the budget off.';
comment on column budget_limits.project_id is
    'The project of scope_id; NULL for the other scopes, and once the project was deleted, which switches the budget off.';
comment on column budget_limits.is_active is 'Whether it counts.';

alter table budget_limits drop constraint budget_limits_target_check;
drop trigger hold_budget_target on budget_limits;
drop function hold_budget_target();
