create table webhooks (
    id uuid default gen_random_uuid(),
    url varchar(255) not null,
    events text[] not null,
    active boolean default true,
    created_by uuid,
    created_at timestamp with time zone default current_timestamp,
    updated_at timestamp with time zone default current_timestamp,
    constraint webhooks_pkey primary key (id),
    constraint webhooks_created_by_fkey foreign key (created_by) references users (id) on delete restrict
);

create index idx_webhooks_active on webhooks (active);
create index idx_webhooks_created_by on webhooks (created_by);
create index idx_webhooks_created_at on webhooks (created_at);

comment on table webhooks is 'Addresses that the application calls when something happens.';
comment on column webhooks.id is 'Random UUID (version 4), made by the server.';
comment on column webhooks.url is 'Address that is called.';
comment on column webhooks.events is 'Names of the events that it is called for, such as "task.completed". The application defines them.';
comment on column webhooks.active is 'Whether it is called at all; NULL if that is not decided.';
comment on column webhooks.created_by is
    'User who set it up; NULL if no user did. Such a user cannot be deleted: somebody has to answer for what is sent out.';
comment on column webhooks.created_at is 'When it was set up.';
comment on column webhooks.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on index idx_webhooks_active is 'Webhooks that are called, or are not.';
comment on index idx_webhooks_created_by is 'Webhooks that a user set up.';
comment on index idx_webhooks_created_at is 'Webhooks by the time they were set up.';
