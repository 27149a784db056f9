create table service_configs (
    id uuid default gen_random_uuid(),
    service_id uuid,
    key varchar(255) not null,
    value jsonb not null,
    created_at timestamp with time zone default current_timestamp,
    updated_at timestamp with time zone default current_timestamp,
    constraint service_configs_pkey primary key (id),
    -- With NULLs told apart, a key that applies to every service could be stated twice.
    constraint service_configs_service_id_key_key unique nulls not distinct (service_id, key),
    constraint service_configs_service_id_fkey foreign key (service_id) references services (id) on delete cascade
);

-- The first repeats the beginning of the unique constraint's index: the specification names it.
create index idx_service_configs_service_id on service_configs (service_id);
create index idx_service_configs_created_at on service_configs (created_at);

comment on table service_configs is 'Configuration of services: one row a key. Secrets belong elsewhere.';
comment on column service_configs.id is 'Random UUID (version 4), made by the server.';
comment on column service_configs.service_id is
    'Service that the key configures; NULL for every service. Deleted with the service, as it configures nothing else.';
comment on column service_configs.key is 'Name of the setting; unique within a service.';
comment on column service_configs.value is 'Value of the setting: any JSON value. A setting without a value is the JSON null, not an SQL NULL.';
comment on column service_configs.created_at is 'When the key was first set.';
comment on column service_configs.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint service_configs_service_id_key_key on service_configs is
    'A key has one value in the configuration of a service, and one in that of all of them.';
comment on index idx_service_configs_service_id is
    'Required by the specification; the index of service_configs_service_id_key_key serves the same searches.';
comment on index idx_service_configs_created_at is 'Settings by the time they were first set.';
