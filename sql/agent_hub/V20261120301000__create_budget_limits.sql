-- scope_id alone cannot be a foreign key. project_id and agent_id can: they are the scope's target, at every isolation level.
create table budget_limits (
    id uuid default gen_random_uuid(),
    name varchar(100) not null,
    scope_type varchar(20) not null,
    scope_id uuid,
    scope_agent_type varchar(20),
    amount_usd numeric(10, 2) not null,
    period varchar(20) not null,
    alert_threshold numeric(3, 2) default 0.80,
    action_on_exceed varchar(20) default 'warn',
    is_active boolean default true,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    project_id uuid,
    agent_id uuid,
    constraint budget_limits_pkey primary key (id),
    constraint budget_limits_project_id_fkey foreign key (project_id) references projects (id) on delete set null,
    constraint budget_limits_agent_id_fkey foreign key (agent_id) references agents (id) on delete set null,
    constraint budget_limits_scope_type_check check (scope_type::text in ('global', 'project', 'agent', 'agent_type')),
    constraint budget_limits_period_check check (period::text in ('daily', 'weekly', 'monthly')),
    constraint budget_limits_alert_threshold_check check (alert_threshold > 0 and alert_threshold <= 1.0),
    constraint budget_limits_action_on_exceed_check check (action_on_exceed::text in ('warn', 'block')),
    constraint budget_limits_scope_check check (
        (scope_id is not null) = (scope_type::text in ('project', 'agent'))
        and (scope_agent_type is not null) = (scope_type::text = 'agent_type')
    ),
    constraint budget_limits_scope_agent_type_check
        check (scope_agent_type::text in ('orchestrator', 'architect', 'coder', 'tester', 'reviewer'))
);

create index idx_budget_scope on budget_limits (scope_type, scope_id);
create index idx_budget_agent_type on budget_limits (scope_type, scope_agent_type);
create index idx_budget_project on budget_limits (project_id);
create index idx_budget_agent on budget_limits (agent_id);

comment on table budget_limits is
    'How much may be spent in a day, a week or a month: by everybody, by a project, by an agent, by the agents of a type.';
comment on column budget_limits.id is 'Random UUID (version 4), made by the server.';
comment on column budget_limits.name is 'Name for people; a refusal has it in its constraint field.';
comment on column budget_limits.scope_type is 'Whose usage counts: a value of budget_limits_scope_type_check.';
comment on column budget_limits.scope_id is
    'Project or agent that it is about; NULL for the other scopes. It stays when that is deleted.';
comment on column budget_limits.scope_agent_type is 'Type of agents that it is about; NULL for the other scopes.';
comment on column budget_limits.amount_usd is 'What may be spent in a period, in US dollars.';
comment on column budget_limits.period is 'How long the amount is for: a day, a week from Monday, or a month, in UTC.';
comment on column budget_limits.alert_threshold is 'Share of the amount at which people are told; NULL for never.';
comment on column budget_limits.action_on_exceed is 'What happens to usage that exceeds it: "warn" tells people, "block" refuses the row.';
comment on column budget_limits.is_active is 'Whether it counts.';
comment on column budget_limits.created_at is 'When the budget was created.';
comment on column budget_limits.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on column budget_limits.project_id is
    'The project of scope_id; NULL for the other scopes, and once the project was deleted, which switches the budget off.';
comment on column budget_limits.agent_id is
    'The agent of scope_id; NULL for the other scopes, and once the agent was deleted, which switches the budget off.';
comment on constraint budget_limits_scope_type_check on budget_limits is 'Whose usage can count.';
comment on constraint budget_limits_period_check on budget_limits is 'The three periods.';
comment on constraint budget_limits_alert_threshold_check on budget_limits is 'A share of the amount.';
comment on constraint budget_limits_action_on_exceed_check on budget_limits is 'The two actions.';
comment on constraint budget_limits_scope_check on budget_limits is
    'A project''s and an agent''s budget names which, one of a type names the type, and no other does.';
comment on constraint budget_limits_scope_agent_type_check on budget_limits is 'The list of agents_type_check.';
comment on index idx_budget_scope is 'Budgets of a project or an agent.';
comment on index idx_budget_agent_type is 'Budgets of a type of agents.';
comment on index idx_budget_project is 'By this the budgets of a project that is deleted are found.';
comment on index idx_budget_agent is 'By this the budgets of an agent that is deleted are found.';
