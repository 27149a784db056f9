create table github_issues (
    id uuid default gen_random_uuid(),
    github_id bigint not null,
    number integer not null,
    title varchar(500) not null,
    body text,
    state varchar(20) not null default 'open',
    labels jsonb default '[]',
    assignee varchar(100),
    project_id uuid not null,
    conversation_id uuid,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    github_created_at timestamp with time zone,
    github_updated_at timestamp with time zone,
    constraint github_issues_pkey primary key (id),
    constraint github_issues_github_id_key unique (github_id),
    constraint github_issues_project_id_number_key unique (project_id, number),
    constraint github_issues_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
    constraint github_issues_conversation_id_fkey foreign key (conversation_id) references conversations (id)
        on delete set null,
    constraint github_issues_labels_check check (jsonb_typeof(labels) = 'array')
);

-- The first begins the index of a unique constraint: the specification names it.
create index idx_issues_project on github_issues (project_id);
create index idx_issues_state on github_issues (state);
create index idx_issues_conversation on github_issues (conversation_id);

comment on table github_issues is
    'Issues of the repositories, as GitHub has them. Deleting an issue leaves its pull requests and tasks without the link.';
comment on column github_issues.id is 'Random UUID (version 4), made by the server.';
comment on column github_issues.github_id is 'Id of the issue at GitHub; unique.';
comment on column github_issues.number is 'Number of the issue in its repository; unique in a project.';
comment on column github_issues.title is 'The issue in one line.';
comment on column github_issues.body is 'The issue at length; NULL if the title says it all.';
comment on column github_issues.state is 'Where it stands, as GitHub says it: open or closed.';
comment on column github_issues.labels is 'Its labels: a JSON array of their names.';
comment on column github_issues.assignee is 'Account at GitHub that it is assigned to; NULL if none is.';
comment on column github_issues.project_id is 'Project of its repository. Deleted with the project.';
comment on column github_issues.conversation_id is 'Conversation about it; NULL if there is none, or once that was deleted.';
comment on column github_issues.created_at is 'When the row was inserted.';
comment on column github_issues.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on column github_issues.github_created_at is 'When the issue was opened at GitHub; NULL if that is not known.';
comment on column github_issues.github_updated_at is 'When the issue was last changed at GitHub; NULL if that is not known.';
comment on constraint github_issues_github_id_key on github_issues is 'One row here for an issue at GitHub.';
comment on constraint github_issues_project_id_number_key on github_issues is 'A number stands for one issue of a project.';
comment on constraint github_issues_labels_check on github_issues is 'An array, whatever is in it.';
comment on index idx_issues_project is 'Required by the specification; the index of github_issues_project_id_number_key serves the same searches.';
comment on index idx_issues_state is 'Issues of a state.';
comment on index idx_issues_conversation is 'Issue that a conversation is about.';
