create table conversation_participants (
    conversation_id uuid,
    agent_id uuid,
    joined_at timestamp with time zone default now(),
    constraint conversation_participants_pkey primary key (conversation_id, agent_id),
    constraint conversation_participants_conversation_id_fkey foreign key (conversation_id) references conversations (id)
        on delete cascade,
    constraint conversation_participants_agent_id_fkey foreign key (agent_id) references agents (id) on delete cascade
);

create index idx_conversation_participants_agent on conversation_participants (agent_id);

comment on table conversation_participants is 'Which agents take part in which conversations.';
comment on column conversation_participants.conversation_id is 'Conversation. Deleted with it.';
comment on column conversation_participants.agent_id is 'Agent that takes part. Deleted with the agent.';
comment on column conversation_participants.joined_at is 'When the agent joined.';
comment on index idx_conversation_participants_agent is 'Conversations that an agent takes part in.';
