create table webhooks (
    id uuid default gen_random_uuid(),
    project_id uuid not null,
    source varchar(50) not null,
    event_type varchar(100) not null,
    payload jsonb not null,
    processed boolean default false,
    processed_at timestamp with time zone,
    error_message text,
    retry_count integer default 0,
    max_retries integer default 5,
    created_at timestamp with time zone default now(),
    constraint webhooks_pkey primary key (id),
    constraint webhooks_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
    constraint webhooks_payload_check check (jsonb_typeof(payload) in ('object', 'array'))
);

create index idx_webhooks_project on webhooks (project_id);
create index idx_webhooks_processed on webhooks (processed);
create index idx_webhooks_created on webhooks (created_at);

comment on table webhooks is 'Events that were sent to the application, to be worked off.';
comment on column webhooks.id is 'Random UUID (version 4), made by the server.';
comment on column webhooks.project_id is 'Project that the event is about. Deleted with the project.';
comment on column webhooks.source is 'Who sent it, such as "github".';
comment on column webhooks.event_type is 'What happened, in the words of the source.';
comment on column webhooks.payload is 'What was sent: a JSON object or array.';
comment on column webhooks.processed is 'Whether it was worked off.';
comment on column webhooks.processed_at is 'When it was worked off; NULL if it was not.';
comment on column webhooks.error_message is 'Why it could not be worked off the last time; NULL if it could.';
comment on column webhooks.retry_count is 'How often it could not be worked off.';
comment on column webhooks.max_retries is 'How often it is tried again.';
comment on column webhooks.created_at is 'When it came.';
comment on constraint webhooks_payload_check on webhooks is 'An object or an array, whatever is in it.';
comment on index idx_webhooks_project is 'Events of a project.';
comment on index idx_webhooks_processed is 'Events that were worked off, or were not.';
comment on index idx_webhooks_created is 'Events by the time they came.';
