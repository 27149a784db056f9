create table tasks (
    id uuid default gen_random_uuid(),
    title varchar(255) not null,
    description text,
    status varchar(50) default 'pending',
    priority integer default 0,
    created_by uuid,
    assigned_to uuid,
    created_at timestamp with time zone default current_timestamp,
    updated_at timestamp with time zone default current_timestamp,
    completed_at timestamp with time zone,
    due_date timestamp with time zone,
    feature_id uuid,
    constraint tasks_pkey primary key (id),
    constraint tasks_created_by_fkey foreign key (created_by) references users (id) on delete restrict,
    constraint tasks_assigned_to_fkey foreign key (assigned_to) references users (id) on delete set null,
    constraint tasks_feature_id_fkey foreign key (feature_id) references features (id) on delete set null
);

create index idx_tasks_status on tasks (status);
create index idx_tasks_created_by on tasks (created_by);
create index idx_tasks_assigned_to on tasks (assigned_to);
create index idx_tasks_due_date on tasks (due_date);
create index idx_tasks_feature on tasks (feature_id);

comment on table tasks is
    'Work to be done. Deleting a task deletes its messages and attachments.';
comment on column tasks.id is 'Random UUID (version 4), made by the server.';
comment on column tasks.title is 'What is to be done, in one line.';
comment on column tasks.description is 'What is to be done, at length; NULL if the title says it all.';
comment on column tasks.status is 'How far the task is: "pending" when it is new. The application defines the other values.';
comment on column tasks.priority is 'Higher is more urgent; 0 is normal.';
comment on column tasks.created_by is
    'User who created the task; NULL if no user did. Such a user cannot be deleted: who asked for the work stays known.';
comment on column tasks.assigned_to is
    'User who is to do the task; NULL if nobody is. Set to NULL when the user is deleted: the work remains and can be assigned again.';
comment on column tasks.created_at is 'When the task was created.';
comment on column tasks.updated_at is 'When the row was last updated; written by the trigger update_tasks_updated_at.';
comment on column tasks.completed_at is 'When the task was done, written by the application; NULL while it is not.';
comment on column tasks.due_date is 'When the task should be done; NULL if any time will do.';
comment on column tasks.feature_id is
    'Feature that the task is part of; NULL if none. Set to NULL when the feature is deleted: the work and its history remain.';
comment on index idx_tasks_status is 'Tasks of a status.';
comment on index idx_tasks_created_by is 'Tasks that a user created.';
comment on index idx_tasks_assigned_to is 'Tasks that a user is to do.';
comment on index idx_tasks_due_date is 'Tasks by the time they are due.';
comment on index idx_tasks_feature is 'Tasks of a feature.';
