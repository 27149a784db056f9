create table agent_memory (
    id uuid default gen_random_uuid(),
    agent_id uuid not null,
    project_id uuid,
    category varchar(50) not null,
    key varchar(200) not null,
    value jsonb not null,
    importance integer default 5,
    expires_at timestamp with time zone,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    constraint agent_memory_pkey primary key (id),
    constraint agent_memory_agent_id_project_id_category_key_key unique (agent_id, project_id, category, key),
    constraint agent_memory_agent_id_fkey foreign key (agent_id) references agents (id) on delete cascade,
    constraint agent_memory_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
    constraint agent_memory_importance_check check (importance between 1 and 10),
    constraint agent_memory_value_check check (jsonb_typeof(value) in ('object', 'array'))
);

-- The first begins the index of the unique constraint: the specification names it.
create index idx_agent_memory_agent on agent_memory (agent_id);
create index idx_agent_memory_project on agent_memory (project_id);
create index idx_agent_memory_expires on agent_memory (expires_at);
-- To the unique constraint no NULL is the same as another.
create unique index idx_agent_memory_without_project on agent_memory (agent_id, category, key) where project_id is null;

comment on table agent_memory is 'What agents remember, for a project or for all.';
comment on column agent_memory.id is 'Random UUID (version 4), made by the server.';
comment on column agent_memory.agent_id is 'Agent that remembers it. Deleted with the agent.';
comment on column agent_memory.project_id is 'Project that it is about, NULL if about none in particular. Deleted with the project.';
comment on column agent_memory.category is 'What kind of memory it is, in the application''s words.';
comment on column agent_memory.key is 'Name by which it is remembered; unique for an agent, a project and a category.';
comment on column agent_memory.value is 'What is remembered: a JSON object or array.';
comment on column agent_memory.importance is 'From 1, to be forgotten first, to 10.';
comment on column agent_memory.expires_at is 'From when on it is forgotten; NULL for never.';
comment on column agent_memory.created_at is 'When the row was inserted.';
comment on column agent_memory.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint agent_memory_agent_id_project_id_category_key_key on agent_memory is
    'One memory a key; idx_agent_memory_without_project holds it where there is no project.';
comment on constraint agent_memory_importance_check on agent_memory is 'From 1 to 10.';
comment on constraint agent_memory_value_check on agent_memory is 'An object or an array, whatever is in it.';
comment on index idx_agent_memory_agent is
    'Required by the specification; the index of agent_memory_agent_id_project_id_category_key_key serves the same searches.';
comment on index idx_agent_memory_project is 'Memories about a project.';
comment on index idx_agent_memory_expires is 'Memories by the time they are forgotten.';
comment on index idx_agent_memory_without_project is 'One memory a key for those that are about no project.';
