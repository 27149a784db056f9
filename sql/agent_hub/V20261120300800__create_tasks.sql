create table tasks (
    id uuid default gen_random_uuid(),
    title varchar(300) not null,
    description text,
    status varchar(20) default 'pending',
    priority varchar(10) default 'medium',
    assigned_to_agent_id uuid,
    issue_id uuid,
    project_id uuid not null,
    pr_id uuid,
    definition_of_done text,
    total_tokens_used integer default 0,
    total_cost_usd numeric(10, 6) default 0,
    created_at timestamp with time zone default now(),
    started_at timestamp with time zone,
    completed_at timestamp with time zone,
    updated_at timestamp with time zone default now(),
    constraint tasks_pkey primary key (id),
    constraint tasks_assigned_to_agent_id_fkey foreign key (assigned_to_agent_id) references agents (id) on delete set null,
    constraint tasks_issue_id_fkey foreign key (issue_id) references github_issues (id) on delete set null,
    constraint tasks_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
    constraint tasks_pr_id_fkey foreign key (pr_id) references pull_requests (id) on delete set null,
    constraint tasks_status_check
        check (status::text in ('pending', 'in_progress', 'testing', 'review', 'completed', 'failed')),
    constraint tasks_priority_check check (priority::text in ('low', 'medium', 'high', 'urgent'))
);

create index idx_tasks_project on tasks (project_id);
create index idx_tasks_agent on tasks (assigned_to_agent_id);
create index idx_tasks_status_priority on tasks (status, priority);
create index idx_tasks_issue on tasks (issue_id);
create index idx_tasks_pr on tasks (pr_id);

comment on table tasks is 'Work for agents. Deleting a task leaves its usage without the link.';
comment on column tasks.id is 'Random UUID (version 4), made by the server.';
comment on column tasks.title is 'What is to be done, in one line.';
comment on column tasks.description is 'What is to be done, at length; NULL if the title says it all.';
comment on column tasks.status is 'How far the task is: a value of tasks_status_check.';
comment on column tasks.priority is 'How urgent the task is: low, medium, high or urgent.';
comment on column tasks.assigned_to_agent_id is 'Agent that is to do the task; NULL if none is, or once the agent was deleted.';
comment on column tasks.issue_id is 'Issue that the task is for; NULL if none, or once that was deleted.';
comment on column tasks.project_id is 'Project that the task belongs to. Deleted with the project.';
comment on column tasks.pr_id is 'Pull request that does the task; NULL if none does, or once that was deleted.';
comment on column tasks.definition_of_done is 'How to see that the task is done; NULL if nobody has said so.';
comment on column tasks.total_tokens_used is 'Tokens read and written for the task: the sum of its rows of token_usage, where there are any.';
comment on column tasks.total_cost_usd is 'What the task cost, in US dollars: the sum of its rows of token_usage, where there are any.';
comment on column tasks.created_at is 'When the task was created.';
comment on column tasks.started_at is 'When work on the task began, written by the application; NULL if it has not.';
comment on column tasks.completed_at is 'When the task was completed, written by the application; NULL if it is not.';
comment on column tasks.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint tasks_status_check on tasks is 'How far a task can be.';
comment on constraint tasks_priority_check on tasks is 'How urgent a task can be.';
comment on index idx_tasks_project is 'Tasks of a project.';
comment on index idx_tasks_agent is 'Tasks that an agent is to do.';
comment on index idx_tasks_status_priority is 'Tasks of a status, by priority.';
comment on index idx_tasks_issue is 'Tasks for an issue.';
comment on index idx_tasks_pr is 'Tasks that a pull request does.';
