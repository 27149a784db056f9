create table services (
    id uuid default gen_random_uuid(),
    name varchar(255) not null,
    url varchar(255) not null,
    health_check varchar(255),
    status varchar(50) not null,
    last_check timestamp with time zone,
    created_at timestamp with time zone default current_timestamp,
    updated_at timestamp with time zone default current_timestamp,
    constraint services_pkey primary key (id),
    constraint services_name_key unique (name),
    constraint services_status_check check (status::text in ('UNKNOWN', 'HEALTHY', 'DEGRADED', 'DOWN'))
);

-- The first repeats the index of the unique constraint: the specification names it.
create index idx_services_name on services (name);
create index idx_services_status on services (status);
create index idx_services_last_check on services (last_check);
create index idx_services_created_at on services (created_at);

comment on table services is
    'Registry of running services: where they are and how they are. Deleting a service deletes its configuration.';
comment on column services.id is 'Random UUID (version 4), made by the server.';
comment on column services.name is 'Name by which others look the service up; unique, and case matters.';
comment on column services.url is 'Where the service answers.';
comment on column services.health_check is 'Where its health is asked, as a URL or as a path below url; NULL if it is not checked.';
comment on column services.status is
    'What the last check found, written by the application: UNKNOWN (not checked yet), HEALTHY, DEGRADED (answers, but slowly or in part) or DOWN.';
comment on column services.last_check is 'When the health was last checked, written by the application; NULL if never.';
comment on column services.created_at is 'When the service was registered.';
comment on column services.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint services_name_key on services is 'One service a name.';
comment on constraint services_status_check on services is
    'Health, not progress: a service is not "COMPLETED", so these are not the labels of status_type.';
comment on index idx_services_name is 'Required by the specification; the index of services_name_key serves the same searches.';
comment on index idx_services_status is 'Services of a status.';
comment on index idx_services_last_check is 'Services by the time they were last checked.';
comment on index idx_services_created_at is 'Services by the time they were registered.';
