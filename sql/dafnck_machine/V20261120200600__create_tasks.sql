create table tasks (
    id uuid default gen_random_uuid(),
    project_id uuid not null,
    parent_task_id uuid,
    title varchar(255) not null,
    description text,
    status task_status default 'pending',
    priority task_priority default 'medium',
    assignee_id uuid,
    creator_id uuid not null,
    due_date timestamp with time zone,
    estimated_hours integer,
    actual_hours integer,
    tags text[],
    metadata jsonb default '{}'::jsonb,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    completed_at timestamp with time zone,
    constraint tasks_pkey primary key (id),
    constraint tasks_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
    constraint tasks_parent_task_id_fkey foreign key (parent_task_id) references tasks (id),
    constraint tasks_assignee_id_fkey foreign key (assignee_id) references users (id),
    constraint tasks_creator_id_fkey foreign key (creator_id) references users (id),
    constraint chk_estimated_hours_positive check (estimated_hours is null or estimated_hours > 0),
    constraint chk_actual_hours_positive check (actual_hours is null or actual_hours > 0),
    constraint chk_due_date_future check (due_date is null or due_date > created_at)
);

-- The first and the second begin others: the specification names them.
create index idx_tasks_project_id on tasks (project_id);
create index idx_tasks_assignee_id on tasks (assignee_id);
create index idx_tasks_status on tasks (status);
create index idx_tasks_priority on tasks (priority);
create index idx_tasks_due_date on tasks (due_date);
create index idx_tasks_parent_task_id on tasks (parent_task_id);
create index idx_tasks_creator_id on tasks (creator_id);
create index idx_tasks_project_status on tasks (project_id, status);
create index idx_tasks_assignee_status on tasks (assignee_id, status);
create index idx_tasks_project_priority on tasks (project_id, priority);
create index idx_tasks_metadata_gin on tasks using gin (metadata);

comment on table tasks is
    'Work to be done. Deleting a task deletes its dependencies in both directions and its attachments; one that has parts is deleted after or together with them.';
comment on column tasks.id is 'Random UUID (version 4), made by the server.';
comment on column tasks.project_id is 'Project that the task belongs to. Deleted with it.';
comment on column tasks.parent_task_id is
    'Task that this is a part of; NULL if of none. A task with parts cannot be deleted alone. No task is a part of itself, not even through others: the rule that steward.guard_dependencies attaches as "parents".';
comment on column tasks.title is 'What is to be done, in one line.';
comment on column tasks.description is 'What is to be done, at length; NULL if the title says it all.';
comment on column tasks.status is 'How far the task is; NULL if that is not kept.';
comment on column tasks.priority is 'How urgent the task is; NULL if that is not decided.';
comment on column tasks.assignee_id is
    'User who is to do the task; NULL if nobody is. Such a user cannot be deleted: give the task to somebody else first.';
comment on column tasks.creator_id is 'User who created the task. Such a user cannot be deleted: who asked for the work stays known.';
comment on column tasks.due_date is 'When the task should be done; NULL if any time will do.';
comment on column tasks.estimated_hours is 'Hours that the task is expected to take; NULL if nobody has estimated.';
comment on column tasks.actual_hours is 'Hours that the task took; NULL if nobody has counted.';
comment on column tasks.tags is 'Words to find the task by; NULL if there are none.';
comment on column tasks.metadata is 'What the application keeps besides: a JSON object. No secrets: the audit log shows it.';
comment on column tasks.created_at is 'When the task was created.';
comment on column tasks.updated_at is 'When the row was last updated; written by the trigger tasks_updated_at_trigger.';
comment on column tasks.completed_at is 'When the task was done, written by complete_task or by the application; NULL while it is not.';
comment on constraint chk_estimated_hours_positive on tasks is 'An estimate is of an hour at least.';
comment on constraint chk_actual_hours_positive on tasks is 'What was counted is an hour at least.';
comment on constraint chk_due_date_future on tasks is 'A task is due after it was created: an import sets created_at too.';
comment on index idx_tasks_project_id is 'Required by the specification; idx_tasks_project_status serves the same searches.';
comment on index idx_tasks_assignee_id is 'Required by the specification; idx_tasks_assignee_status serves the same searches.';
comment on index idx_tasks_status is 'Tasks of a status.';
comment on index idx_tasks_priority is 'Tasks of a priority.';
comment on index idx_tasks_due_date is 'Tasks by the time they are due.';
comment on index idx_tasks_parent_task_id is 'Parts of a task.';
comment on index idx_tasks_creator_id is 'Tasks that a user created.';
comment on index idx_tasks_project_status is 'Tasks of a project and a status.';
comment on index idx_tasks_assignee_status is 'Tasks that a user is to do, of a status.';
comment on index idx_tasks_project_priority is 'Tasks of a project by their priority.';
comment on index idx_tasks_metadata_gin is 'Tasks by what their metadata contains.';
