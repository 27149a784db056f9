-- metadata and pr_id are in the specification's prose, not in its table.
create table token_usage (
    id uuid default gen_random_uuid(),
    timestamp timestamp with time zone default now(),
    usage_date date not null,
    user_id uuid,
    agent_id uuid,
    agent_type varchar(20),
    conversation_id uuid,
    message_id uuid,
    project_id uuid,
    task_id uuid,
    model varchar(100) not null,
    tokens_in integer not null default 0,
    tokens_out integer not null default 0,
    cost_usd numeric(10, 6) not null default 0,
    request_duration_ms integer,
    was_cached boolean default false,
    metadata jsonb default '{}',
    pr_id uuid,
    constraint token_usage_pkey primary key (id),
    constraint token_usage_user_id_fkey foreign key (user_id) references users (id) on delete set null,
    constraint token_usage_agent_id_fkey foreign key (agent_id) references agents (id) on delete set null,
    constraint token_usage_conversation_id_fkey foreign key (conversation_id) references conversations (id)
        on delete set null,
    constraint token_usage_message_id_fkey foreign key (message_id) references messages (id) on delete set null,
    constraint token_usage_project_id_fkey foreign key (project_id) references projects (id) on delete set null,
    constraint token_usage_task_id_fkey foreign key (task_id) references tasks (id) on delete set null,
    constraint token_usage_pr_id_fkey foreign key (pr_id) references pull_requests (id) on delete set null,
    constraint token_usage_agent_type_check
        check (agent_type::text in ('orchestrator', 'architect', 'coder', 'tester', 'reviewer')),
    constraint token_usage_metadata_check check (jsonb_typeof(metadata) = 'object')
);

create index idx_token_usage_timestamp on token_usage (timestamp);
create index idx_token_usage_agent on token_usage (agent_id);
create index idx_token_usage_project on token_usage (project_id);
create index idx_token_usage_conversation on token_usage (conversation_id);
create index idx_token_usage_date on token_usage (usage_date);
create index idx_token_usage_user on token_usage (user_id);
create index idx_token_usage_pr on token_usage (pr_id);
-- With what is added up, so that the sums are taken from the index alone.
create index idx_token_usage_message on token_usage (message_id) include (tokens_in, tokens_out, cost_usd);
create index idx_token_usage_task on token_usage (task_id) include (tokens_in, tokens_out, cost_usd);

comment on table token_usage is
    'What each request to a model used and cost. It is money spent: it stays when what it was spent on is deleted.';
comment on column token_usage.id is 'Random UUID (version 4), made by the server.';
comment on column token_usage.timestamp is 'When the request was made.';
comment on column token_usage.usage_date is 'The day of timestamp in UTC.';
comment on column token_usage.user_id is 'User for whom the request was made; NULL if for none, or once the user was deleted.';
comment on column token_usage.agent_id is 'Agent that made the request; NULL if none did, or once the agent was deleted.';
comment on column token_usage.agent_type is 'Type of that agent, which stays when the agent is deleted; NULL if there was none.';
comment on column token_usage.conversation_id is 'Conversation that the request was part of; NULL if of none, or once that was deleted.';
comment on column token_usage.message_id is 'Message that the request wrote; NULL if none, or once that was deleted.';
comment on column token_usage.project_id is 'Project that the request was for; NULL if for none, or once that was deleted.';
comment on column token_usage.task_id is 'Task that the request was for; NULL if for none, or once that was deleted.';
comment on column token_usage.model is 'Model that answered.';
comment on column token_usage.tokens_in is 'Tokens that the model read.';
comment on column token_usage.tokens_out is 'Tokens that the model wrote.';
comment on column token_usage.cost_usd is 'What the request cost, in US dollars.';
comment on column token_usage.request_duration_ms is 'How long the request took, in milliseconds; NULL if that was not measured.';
comment on column token_usage.was_cached is 'Whether the answer came from a cache.';
comment on column token_usage.metadata is 'What else is known of the request: a JSON object with request_id, cached and such.';
comment on column token_usage.pr_id is 'Pull request that the request was for; NULL if for none, or once that was deleted.';
comment on constraint token_usage_agent_type_check on token_usage is
    'A type that agents have: usage of any other would fall under no budget of a type.';
comment on constraint token_usage_metadata_check on token_usage is 'An object, whatever its keys.';
comment on index idx_token_usage_timestamp is 'Usage by time.';
comment on index idx_token_usage_agent is 'Usage of an agent.';
comment on index idx_token_usage_project is 'Usage of a project.';
comment on index idx_token_usage_conversation is 'Usage of a conversation.';
comment on index idx_token_usage_date is 'Usage by day.';
comment on index idx_token_usage_user is 'Usage of a user.';
comment on index idx_token_usage_pr is 'Usage for a pull request.';
comment on index idx_token_usage_message is 'Usage for a message, and its sums.';
comment on index idx_token_usage_task is 'Usage for a task, and its sums.';
