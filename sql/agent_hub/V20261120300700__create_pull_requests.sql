create table pull_requests (
    id uuid default gen_random_uuid(),
    github_id bigint not null,
    number integer not null,
    title varchar(500) not null,
    body text,
    branch_from varchar(200) not null,
    branch_to varchar(200) not null,
    state varchar(20) not null default 'open',
    is_draft boolean default false,
    review_status varchar(20),
    test_status varchar(20),
    project_id uuid not null,
    issue_id uuid,
    conversation_id uuid,
    created_by_agent_id uuid,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    merged_at timestamp with time zone,
    github_created_at timestamp with time zone,
    constraint pull_requests_pkey primary key (id),
    constraint pull_requests_github_id_key unique (github_id),
    constraint pull_requests_project_id_number_key unique (project_id, number),
    constraint pull_requests_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
    constraint pull_requests_issue_id_fkey foreign key (issue_id) references github_issues (id) on delete set null,
    constraint pull_requests_conversation_id_fkey foreign key (conversation_id) references conversations (id)
        on delete set null,
    constraint pull_requests_created_by_agent_id_fkey foreign key (created_by_agent_id) references agents (id)
        on delete set null
);

-- The first begins the index of a unique constraint: the specification names it.
create index idx_prs_project on pull_requests (project_id);
create index idx_prs_issue on pull_requests (issue_id);
create index idx_prs_state on pull_requests (state);
create index idx_prs_agent on pull_requests (created_by_agent_id);
create index idx_prs_conversation on pull_requests (conversation_id);

comment on table pull_requests is
    'Pull requests of the repositories, as GitHub has them. Deleting one leaves its tasks and its usage without the link.';
comment on column pull_requests.id is 'Random UUID (version 4), made by the server.';
comment on column pull_requests.github_id is 'Id of the pull request at GitHub; unique.';
comment on column pull_requests.number is 'Number of the pull request in its repository; unique in a project.';
comment on column pull_requests.title is 'The pull request in one line.';
comment on column pull_requests.body is 'The pull request at length; NULL if the title says it all.';
comment on column pull_requests.branch_from is 'Branch with the changes.';
comment on column pull_requests.branch_to is 'Branch that they are for.';
comment on column pull_requests.state is 'Where it stands, as GitHub says it: open, closed or merged.';
comment on column pull_requests.is_draft is 'Whether it is not meant to be merged yet.';
comment on column pull_requests.review_status is 'What its reviewers say, in the application''s words; NULL if nothing yet.';
comment on column pull_requests.test_status is 'What its tests say, in the application''s words; NULL if nothing yet.';
comment on column pull_requests.project_id is 'Project of its repository. Deleted with the project.';
comment on column pull_requests.issue_id is 'Issue that it resolves; NULL if none, or once that was deleted.';
comment on column pull_requests.conversation_id is 'Conversation about it; NULL if there is none, or once that was deleted.';
comment on column pull_requests.created_by_agent_id is 'Agent that opened it; NULL if none did, or once the agent was deleted.';
comment on column pull_requests.created_at is 'When the row was inserted.';
comment on column pull_requests.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on column pull_requests.merged_at is 'When it was merged; NULL if it is not.';
comment on column pull_requests.github_created_at is 'When it was opened at GitHub; NULL if that is not known.';
comment on constraint pull_requests_github_id_key on pull_requests is 'One row here for a pull request at GitHub.';
comment on constraint pull_requests_project_id_number_key on pull_requests is 'A number stands for one pull request of a project.';
comment on index idx_prs_project is 'Required by the specification; the index of pull_requests_project_id_number_key serves the same searches.';
comment on index idx_prs_issue is 'Pull requests that resolve an issue.';
comment on index idx_prs_state is 'Pull requests of a state.';
comment on index idx_prs_agent is 'Pull requests that an agent opened.';
comment on index idx_prs_conversation is 'Pull requests that a conversation is about.';
