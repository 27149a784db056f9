-- Checks cast to text because a varchar list is written differently after a dump and restore.
create table agents (
    id uuid default gen_random_uuid(),
    name varchar(50) not null,
    type varchar(20) not null,
    model_config jsonb not null default '{}',
    system_prompt text,
    rules_file_path varchar(500),
    is_active boolean default true,
    project_id uuid,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    constraint agents_pkey primary key (id),
    constraint agents_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
    constraint agents_type_check check (type::text in ('orchestrator', 'architect', 'coder', 'tester', 'reviewer')),
    constraint agents_model_config_check check (jsonb_typeof(model_config) = 'object')
);

create index idx_agents_project on agents (project_id);
create index idx_agents_type on agents (type);

comment on table agents is
    'Agents that do the work. Deleting an agent deletes its memory and its part in conversations; what it wrote, did and used stays without its name, and its budgets are switched off.';
comment on column agents.id is 'Random UUID (version 4), made by the server.';
comment on column agents.name is 'Name for people; not necessarily unique.';
comment on column agents.type is
    'What the agent does. agents_type_check lists the values; budget_limits_scope_agent_type_check has the same list: change them together.';
comment on column agents.model_config is 'Which model the agent runs on, and how: a JSON object with model, temperature, max_tokens and such.';
comment on column agents.system_prompt is 'What the agent is told before anything else; NULL if nothing.';
comment on column agents.rules_file_path is 'File with more rules for the agent; NULL if there is none.';
comment on column agents.is_active is 'Whether the agent is in use.';
comment on column agents.project_id is 'Project that the agent works on, NULL if on any. Deleted with the project.';
comment on column agents.created_at is 'When the agent was created.';
comment on column agents.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint agents_type_check on agents is 'The five types.';
comment on constraint agents_model_config_check on agents is 'An object, whatever its keys.';
comment on index idx_agents_project is 'Agents of a project.';
comment on index idx_agents_type is 'Agents of a type.';
