create table projects (
    id uuid default gen_random_uuid(),
    name varchar(100) not null,
    description text,
    github_repo varchar(255) not null,
    github_app_id varchar(100),
    github_installation_id varchar(100),
    local_path varchar(500),
    is_active boolean default true,
    owner_id uuid not null,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    constraint projects_pkey primary key (id),
    constraint projects_owner_id_fkey foreign key (owner_id) references users (id) on delete cascade
);

create index idx_projects_owner on projects (owner_id);
create index idx_projects_github on projects (github_repo);

comment on table projects is
    'Repositories that agents work on. Deleting a project deletes its agents, conversations, issues, pull requests, tasks, notifications, memories and webhooks; its usage of tokens stays, and its budgets are switched off.';
comment on column projects.id is 'Random UUID (version 4), made by the server.';
comment on column projects.name is 'Name for people; not necessarily unique.';
comment on column projects.description is 'What the project is about; NULL if the name says it all.';
comment on column projects.github_repo is 'Repository at GitHub, as owner/name.';
comment on column projects.github_app_id is 'App at GitHub by which the repository is used; NULL if it is not by one.';
comment on column projects.github_installation_id is 'Installation of that app; NULL if there is none.';
comment on column projects.local_path is 'Folder with a clone of the repository; NULL if there is none.';
comment on column projects.is_active is 'Whether the project is worked on.';
comment on column projects.owner_id is
    'User who answers for the project, and is told of its budgets. Deleted with the user: hand the project over first to keep it.';
comment on column projects.created_at is 'When the project was created.';
comment on column projects.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on index idx_projects_owner is 'Projects of an owner.';
comment on index idx_projects_github is 'Projects of a repository.';
