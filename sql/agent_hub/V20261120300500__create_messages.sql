create table messages (
    id uuid default gen_random_uuid(),
    conversation_id uuid not null,
    author_type varchar(20) not null,
    user_id uuid,
    agent_id uuid,
    content text not null,
    content_formatted text,
    reply_to_id uuid,
    tokens_in integer default 0,
    tokens_out integer default 0,
    cost_usd numeric(10, 6) default 0,
    model_used varchar(100),
    is_edited boolean default false,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    constraint messages_pkey primary key (id),
    constraint messages_conversation_id_fkey foreign key (conversation_id) references conversations (id) on delete cascade,
    constraint messages_user_id_fkey foreign key (user_id) references users (id) on delete set null,
    constraint messages_agent_id_fkey foreign key (agent_id) references agents (id) on delete set null,
    constraint messages_reply_to_id_fkey foreign key (reply_to_id) references messages (id) on delete set null,
    constraint messages_author_type_check check (author_type::text in ('user', 'agent')),
    -- Neither is demanded, because an author who is deleted leaves NULL.
    constraint messages_author_check
        check (case author_type::text when 'user' then agent_id is null when 'agent' then user_id is null end)
);

create index idx_messages_conversation_created on messages (conversation_id, created_at);
create index idx_messages_agent on messages (agent_id);
create index idx_messages_user on messages (user_id);
create index idx_messages_reply_to on messages (reply_to_id);

comment on table messages is 'What users and agents say in conversations. Deleting a message leaves its answers and its usage without the link.';
comment on column messages.id is 'Random UUID (version 4), made by the server.';
comment on column messages.conversation_id is 'Conversation that it was said in. Deleted with it.';
comment on column messages.author_type is 'Whether a user or an agent wrote it.';
comment on column messages.user_id is 'User who wrote it; NULL if an agent did, or once the user was deleted.';
comment on column messages.agent_id is 'Agent that wrote it; NULL if a user did, or once the agent was deleted.';
comment on column messages.content is 'The text, as it was written.';
comment on column messages.content_formatted is 'The text, as it is shown; NULL if that is made when it is.';
comment on column messages.reply_to_id is 'Message that it answers; NULL if none, or once that was deleted.';
comment on column messages.tokens_in is 'Tokens read to write it: the sum of its rows of token_usage, where there are any.';
comment on column messages.tokens_out is 'Tokens written: the sum of its rows of token_usage, where there are any.';
comment on column messages.cost_usd is 'What it cost, in US dollars: the sum of its rows of token_usage, where there are any.';
comment on column messages.model_used is 'Model that wrote it; NULL if none did.';
comment on column messages.is_edited is 'Whether the content was changed; written by the trigger stamp_edit.';
comment on column messages.created_at is 'When it was written.';
comment on column messages.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint messages_author_type_check on messages is 'Users and agents write.';
comment on constraint messages_author_check on messages is 'The author is of the type that author_type says.';
comment on index idx_messages_conversation_created is 'Messages of a conversation, in order.';
comment on index idx_messages_agent is 'Messages of an agent.';
comment on index idx_messages_user is 'Messages of a user.';
comment on index idx_messages_reply_to is 'Answers to a message.';
