create table tasks (
    id serial,
    title varchar(200) not null,
    description text not null,
    status varchar(20) not null default 'todo',
    assigned_role varchar(50) not null,
    assigned_user_id integer,
    start_date timestamp with time zone not null,
    end_date timestamp with time zone not null,
    completed_at timestamp with time zone,
    is_delayed boolean default false,
    epic_id varchar(50),
    story_id varchar(50),
    priority integer default 0,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    created_by integer,
    constraint tasks_pkey primary key (id),
    constraint tasks_assigned_user_id_fkey foreign key (assigned_user_id) references users (id)
        on update cascade on delete restrict,
    constraint tasks_created_by_fkey foreign key (created_by) references users (id)
        on update cascade on delete restrict,
    constraint valid_status check (status::text in ('todo', 'in_progress', 'done')),
    constraint tasks_assigned_role_check
        check (assigned_role::text in ('developer', 'designer', 'tester', 'project_manager', 'admin')),
    constraint valid_date_range check (end_date > start_date)
);

create index idx_tasks_assigned_user on tasks (assigned_user_id);
create index idx_tasks_status on tasks (status);
create index idx_tasks_role_status on tasks (assigned_role, status);
create index idx_tasks_dates on tasks (start_date, end_date);
create index idx_tasks_delayed on tasks (is_delayed) where is_delayed = true;
create index idx_tasks_epic on tasks (epic_id);
-- The order of the query that names it, which then has nothing to sort.
create index idx_tasks_user_status on tasks (assigned_user_id, status, priority desc, start_date);
create index idx_tasks_created_by on tasks (created_by);

comment on table tasks is
    'Work to be done by a role, in a span of time. A task that notifications refer to cannot be deleted.';
comment on column tasks.id is 'Number of the task; a change of it is carried on to every row that refers to it.';
comment on column tasks.title is 'What is to be done, in one line.';
comment on column tasks.description is 'What is to be done, at length.';
comment on column tasks.status is 'How far the task is: todo, in_progress or done.';
comment on column tasks.assigned_role is 'Role that is to do the task: a role of users.';
comment on column tasks.assigned_user_id is
    'User who is to do the task; NULL while it is anybody''s of the role. Such a user cannot be deleted.';
comment on column tasks.start_date is 'When work on the task starts.';
comment on column tasks.end_date is 'When the task should be done; after start_date.';
comment on column tasks.completed_at is 'When the task was done, written by the application; NULL while it is not.';
comment on column tasks.is_delayed is 'Whether the task is not done though end_date is past; written by the application.';
comment on column tasks.epic_id is 'Epic that the task is part of, as the application names it; NULL if none.';
comment on column tasks.story_id is 'Story that the task is part of, as the application names it; NULL if none.';
comment on column tasks.priority is 'Higher is more urgent; 0 is normal.';
comment on column tasks.created_at is 'When the task was created.';
comment on column tasks.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on column tasks.created_by is
    'User who created the task; NULL if no user did. Such a user cannot be deleted: who asked for the work stays known.';
comment on constraint valid_status on tasks is 'How far a task can be.';
comment on constraint tasks_assigned_role_check on tasks is 'The list of valid_role.';
comment on constraint valid_date_range on tasks is 'A task ends after it starts.';
comment on index idx_tasks_assigned_user is 'Tasks that a user is to do.';
comment on index idx_tasks_status is 'Tasks of a status.';
comment on index idx_tasks_role_status is 'Tasks of a role, by status.';
comment on index idx_tasks_dates is 'Tasks by the time they start.';
comment on index idx_tasks_delayed is 'Tasks that are late.';
comment on index idx_tasks_epic is 'Tasks of an epic.';
comment on index idx_tasks_user_status is 'Tasks of a status that a user is to do: the most urgent first, then by start.';
comment on index idx_tasks_created_by is 'Tasks that a user created.';
