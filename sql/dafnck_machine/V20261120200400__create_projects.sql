create table projects (
    id uuid default gen_random_uuid(),
    name varchar(255) not null,
    description text,
    owner_id uuid not null,
    status project_status default 'active',
    visibility project_visibility default 'private',
    settings jsonb default '{}'::jsonb,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    archived_at timestamp with time zone,
    constraint projects_pkey primary key (id),
    constraint projects_owner_id_fkey foreign key (owner_id) references users (id)
);

create index idx_projects_owner_id on projects (owner_id);
create index idx_projects_status on projects (status);
create index idx_projects_created_at on projects (created_at);
create index idx_projects_settings_gin on projects using gin (settings);
create index idx_project_settings_theme on projects using gin ((settings -> 'theme'));

comment on table projects is
    'What users work on together. Deleting a project deletes its members, tasks, documents and attachments; set the status to "archived" to keep them.';
comment on column projects.id is 'Random UUID (version 4), made by the server.';
comment on column projects.name is 'Name for people; not necessarily unique.';
comment on column projects.description is 'What the project is about; NULL if the name says it all.';
comment on column projects.owner_id is
    'User who answers for the project. Such a user cannot be deleted: hand the project over first.';
comment on column projects.status is 'Where the project stands; NULL if that is not decided.';
comment on column projects.visibility is 'Who may see the project, which the application enforces; NULL if that is not decided.';
comment on column projects.settings is 'Choices for the project: a JSON object. The application defines the keys. No secrets: the audit log shows it.';
comment on column projects.created_at is 'When the project was created.';
comment on column projects.updated_at is 'When the row was last updated; written by the trigger projects_updated_at_trigger.';
comment on column projects.archived_at is 'When the status became "archived", written by the trigger projects_archived_at_trigger; NULL while it is another.';
comment on index idx_projects_owner_id is 'Projects of an owner.';
comment on index idx_projects_status is 'Projects of a status.';
comment on index idx_projects_created_at is 'Projects by the time they were created.';
comment on index idx_projects_settings_gin is 'Projects by what their settings contain.';
comment on index idx_project_settings_theme is 'Projects by what the theme in their settings contains.';
