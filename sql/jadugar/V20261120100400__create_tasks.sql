create table tasks (
    id uuid default gen_random_uuid(),
    milestone_id uuid,
    title varchar(255) not null,
    description text,
    status varchar(50) not null,
    priority varchar(50) not null,
    assignee_id uuid,
    due_date timestamp with time zone,
    created_by uuid,
    created_at timestamp with time zone default current_timestamp,
    updated_at timestamp with time zone default current_timestamp,
    search_vector tsvector generated always as (
        setweight(to_tsvector('english'::regconfig, title), 'A')
        -- A tsvector holds one megabyte at most, and a longer description would be refused.
        || setweight(to_tsvector('english'::regconfig, coalesce(left(description, 100000), '')), 'B')
    ) stored,
    constraint tasks_pkey primary key (id),
    constraint tasks_milestone_id_fkey foreign key (milestone_id) references milestones (id) on delete set null,
    constraint tasks_assignee_id_fkey foreign key (assignee_id) references users (id) on delete set null,
    constraint tasks_created_by_fkey foreign key (created_by) references users (id) on delete restrict,
    constraint tasks_status_check check (status::text in ('NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED')),
    constraint tasks_priority_check check (priority::text in ('LOW', 'MEDIUM', 'HIGH'))
);

create index idx_tasks_milestone_id on tasks (milestone_id);
create index idx_tasks_assignee_id on tasks (assignee_id);
create index idx_tasks_status on tasks (status);
create index idx_tasks_created_by on tasks (created_by);
create index idx_tasks_due_date on tasks (due_date);
create index idx_tasks_created_at on tasks (created_at);
create index idx_tasks_updated_at on tasks (updated_at);
create index idx_tasks_search on tasks using gist (search_vector);

comment on table tasks is
    'Work to be done. Deleting a task deletes its dependencies in both directions.';
comment on column tasks.id is 'Random UUID (version 4), made by the server.';
comment on column tasks.milestone_id is
    'Milestone that the task leads to; NULL if none. Set to NULL when the milestone is deleted: the work outlives the plan.';
comment on column tasks.title is 'What is to be done, in one line.';
comment on column tasks.description is 'What is to be done, at length; NULL if the title says it all.';
comment on column tasks.status is 'How far the task is: a label of status_type.';
comment on column tasks.priority is 'How urgent the task is: a label of priority_type. To sort, cast it: priority::priority_type.';
comment on column tasks.assignee_id is
    'User who is to do the task; NULL if nobody is. Set to NULL when the user is deleted: the work remains and can be assigned again.';
comment on column tasks.due_date is 'When the task should be done; NULL if any time will do.';
comment on column tasks.created_by is
    'User who created the task; NULL if no user did. Such a user cannot be deleted: who asked for the work stays known.';
comment on column tasks.created_at is 'When the task was created.';
comment on column tasks.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on column tasks.search_vector is
    'Words of the title (weight A) and of the first 100,000 characters of the description (weight B), in English, for full-text search; written by the server.';
comment on constraint tasks_status_check on tasks is 'The labels of status_type.';
comment on constraint tasks_priority_check on tasks is 'The labels of priority_type.';
comment on index idx_tasks_milestone_id is 'Tasks of a milestone.';
comment on index idx_tasks_assignee_id is 'Tasks that a user is to do.';
comment on index idx_tasks_status is 'Tasks of a status.';
comment on index idx_tasks_created_by is 'Tasks that a user created.';
comment on index idx_tasks_due_date is 'Tasks by the time they are due.';
comment on index idx_tasks_created_at is 'Tasks by the time they were created.';
comment on index idx_tasks_updated_at is 'Tasks that were updated since a given time.';
comment on index idx_tasks_search is 'Tasks by the words of their titles and descriptions.';
