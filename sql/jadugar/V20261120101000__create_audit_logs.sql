create table audit_logs (
    id uuid default gen_random_uuid(),
    user_id uuid,
    action varchar(50) not null,
    entity_type varchar(50) not null,
    entity_id uuid not null,
    changes jsonb,
    created_at timestamp with time zone default current_timestamp,
    constraint audit_logs_pkey primary key (id),
    constraint audit_logs_user_id_fkey foreign key (user_id) references users (id) on delete restrict
);

create index idx_audit_logs_user_id on audit_logs (user_id);
create index idx_audit_logs_entity on audit_logs (entity_type, entity_id);
create index idx_audit_logs_created_at on audit_logs (created_at);

comment on table audit_logs is 'Who changed what, and when: one row a change.';
comment on column audit_logs.id is 'Random UUID (version 4), made by the server.';
comment on column audit_logs.user_id is
    'User who made the change; NULL if no user did, or it is not known. Such a user cannot be deleted: who did what stays known.';
comment on column audit_logs.action is 'What was done to the entity, such as "INSERT".';
comment on column audit_logs.entity_type is 'Kind of the entity: the name of its table.';
comment on column audit_logs.entity_id is
    'Id of the entity in that table. No foreign key: the record of a deletion outlives what was deleted.';
comment on column audit_logs.changes is 'What the change changed; NULL if that is not recorded.';
comment on column audit_logs.created_at is 'When the change was made.';
comment on index idx_audit_logs_user_id is 'Changes that a user made.';
comment on index idx_audit_logs_entity is 'History of an entity.';
comment on index idx_audit_logs_created_at is 'Changes by the time they were made.';
