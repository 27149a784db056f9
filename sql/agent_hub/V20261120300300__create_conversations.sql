create table conversations (
    id uuid default gen_random_uuid(),
    title varchar(200),
    type varchar(20) not null,
    status varchar(20) default 'active',
    project_id uuid,
    created_by_user_id uuid,
    created_by_agent_id uuid,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    constraint conversations_pkey primary key (id),
    constraint conversations_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
    constraint conversations_created_by_user_id_fkey foreign key (created_by_user_id) references users (id)
        on delete set null,
    constraint conversations_created_by_agent_id_fkey foreign key (created_by_agent_id) references agents (id)
        on delete set null,
    constraint conversations_type_check check (type::text in ('issue', 'general', 'task', 'review')),
    constraint conversations_status_check check (status::text in ('active', 'paused', 'completed', 'archived'))
);

create index idx_conversations_project on conversations (project_id);
create index idx_conversations_status on conversations (status);
create index idx_conversations_created_by_user on conversations (created_by_user_id);
create index idx_conversations_created_by_agent on conversations (created_by_agent_id);

comment on table conversations is
    'What users and agents talk about. Deleting a conversation deletes its messages and participants; issues, pull requests and usage lose the link.';
comment on column conversations.id is 'Random UUID (version 4), made by the server.';
comment on column conversations.title is 'What it is about, in one line; NULL if nobody has said so.';
comment on column conversations.type is
    'What it is for: a value of conversations_type_check. The issue of a conversation is the one whose conversation_id names it.';
comment on column conversations.status is 'How far it is: a value of conversations_status_check.';
comment on column conversations.project_id is 'Project that it is about, NULL if about none. Deleted with the project.';
comment on column conversations.created_by_user_id is 'User who began it; NULL if an agent did, or once the user was deleted.';
comment on column conversations.created_by_agent_id is 'Agent that began it; NULL if a user did, or once the agent was deleted.';
comment on column conversations.created_at is 'When it began.';
comment on column conversations.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint conversations_type_check on conversations is 'What a conversation can be for.';
comment on constraint conversations_status_check on conversations is 'How far a conversation can be.';
comment on index idx_conversations_project is 'Conversations of a project.';
comment on index idx_conversations_status is 'Conversations of a status.';
comment on index idx_conversations_created_by_user is 'Conversations that a user began.';
comment on index idx_conversations_created_by_agent is 'Conversations that an agent began.';
