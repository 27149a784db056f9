create table notifications (
    id uuid default gen_random_uuid(),
    type varchar(50) not null,
    title varchar(200) not null,
    message text not null,
    severity varchar(20) default 'info',
    user_id uuid not null,
    project_id uuid,
    agent_id uuid,
    is_read boolean default false,
    sent_telegram boolean default false,
    sent_email boolean default false,
    metadata jsonb default '{}',
    created_at timestamp with time zone default now(),
    constraint notifications_pkey primary key (id),
    constraint notifications_user_id_fkey foreign key (user_id) references users (id) on delete cascade,
    constraint notifications_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
    constraint notifications_agent_id_fkey foreign key (agent_id) references agents (id) on delete set null,
    constraint notifications_severity_check check (severity::text in ('info', 'warning', 'critical')),
    constraint notifications_metadata_check check (jsonb_typeof(metadata) = 'object')
);

-- The first begins the second: the specification names it.
create index idx_notifications_user on notifications (user_id);
create index idx_notifications_read on notifications (user_id, is_read);
create index idx_notifications_created on notifications (created_at);
create index idx_notifications_project on notifications (project_id);
create index idx_notifications_agent on notifications (agent_id);

comment on table notifications is 'What users are told about their projects, agents and budgets.';
comment on column notifications.id is 'Random UUID (version 4), made by the server.';
comment on column notifications.type is 'What it is about, in the application''s words; "budget" for those of budgets.';
comment on column notifications.title is 'The message in one line.';
comment on column notifications.message is 'The text of the message.';
comment on column notifications.severity is 'How bad it is: info, warning or critical.';
comment on column notifications.user_id is 'User who is told. Deleted with the user.';
comment on column notifications.project_id is 'Project that it is about, NULL if about none. Deleted with the project.';
comment on column notifications.agent_id is 'Agent that it is about; NULL if about none, or once the agent was deleted.';
comment on column notifications.is_read is 'Whether the user has read it.';
comment on column notifications.sent_telegram is 'Whether it was sent to the user''s chat at Telegram.';
comment on column notifications.sent_email is 'Whether it was sent to the user''s address.';
comment on column notifications.metadata is
    'What else is known: a JSON object with related_entity_type, related_entity_id and such.';
comment on column notifications.created_at is 'When the user was told.';
comment on constraint notifications_severity_check on notifications is 'How bad a message can be.';
comment on constraint notifications_metadata_check on notifications is 'An object, whatever its keys.';
comment on index idx_notifications_user is 'Required by the specification; idx_notifications_read serves the same searches.';
comment on index idx_notifications_read is 'What a user has read, or has not.';
comment on index idx_notifications_created is 'Notifications by the time of the message.';
comment on index idx_notifications_project is 'Notifications about a project.';
comment on index idx_notifications_agent is 'Notifications about an agent.';
