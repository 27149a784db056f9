create table project_members (
    id uuid default gen_random_uuid(),
    project_id uuid not null,
    user_id uuid not null,
    role project_role default 'member',
    permissions jsonb default '{}'::jsonb,
    joined_at timestamp with time zone default now(),
    constraint project_members_pkey primary key (id),
    constraint project_members_project_id_user_id_key unique (project_id, user_id),
    constraint fk_project_members_project_id foreign key (project_id) references projects (id) on delete cascade,
    constraint fk_project_members_user_id foreign key (user_id) references users (id) on delete cascade
);

create index idx_project_members_user_id on project_members (user_id);
create index idx_project_members_project_role on project_members (project_id, role);

comment on table project_members is 'Who takes part in which project, and as what.';
comment on column project_members.id is 'Random UUID (version 4), made by the server.';
comment on column project_members.project_id is 'Project. Deleted with it, as there is nothing left to take part in.';
comment on column project_members.user_id is 'User who takes part. Deleted with the user.';
comment on column project_members.role is 'What the member may do, which the application enforces; NULL if that is not decided.';
comment on column project_members.permissions is 'What the member may do beyond the role, or may not: a JSON object. The application defines the keys.';
comment on column project_members.joined_at is 'When the user joined.';
comment on constraint project_members_project_id_user_id_key on project_members is
    'A user takes part once; its index finds the members of a project.';
comment on constraint fk_project_members_project_id on project_members is 'Stated twice in the specification; it is there once.';
comment on constraint fk_project_members_user_id on project_members is 'Stated twice in the specification; it is there once.';
comment on index idx_project_members_user_id is 'Projects in which a user takes part.';
comment on index idx_project_members_project_role is 'Members of a project with a role.';
