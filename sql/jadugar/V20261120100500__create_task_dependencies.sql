create table task_dependencies (
    id uuid default gen_random_uuid(),
    task_id uuid not null,
    depends_on uuid not null,
    created_at timestamp with time zone default current_timestamp,
    constraint task_dependencies_pkey primary key (id),
    constraint task_dependencies_task_id_depends_on_key unique (task_id, depends_on),
    constraint task_dependencies_task_id_fkey foreign key (task_id) references tasks (id) on delete cascade,
    constraint task_dependencies_depends_on_fkey foreign key (depends_on) references tasks (id) on delete cascade
);

-- The first repeats the beginning of the unique constraint's index: the specification names it.
create index idx_task_dependencies_task_id on task_dependencies (task_id);
create index idx_task_dependencies_depends_on on task_dependencies (depends_on);
create index idx_task_dependencies_created_at on task_dependencies (created_at);

comment on table task_dependencies is
    'Which task waits for which other: one row says that task_id cannot be done before depends_on. The rule that steward.guard_dependencies attaches refuses cycles.';
comment on column task_dependencies.id is 'Random UUID (version 4), made by the server.';
comment on column task_dependencies.task_id is
    'Task that waits. Deleted with the task, as a dependency says nothing once an end is gone.';
comment on column task_dependencies.depends_on is
    'Task that comes first. Deleted with the task too: restricting would refuse even a DELETE of both ends in one statement.';
comment on column task_dependencies.created_at is 'When the dependency was stated.';
comment on constraint task_dependencies_task_id_depends_on_key on task_dependencies is
    'A dependency is stated once; its index finds what a task waits for.';
comment on index idx_task_dependencies_task_id is
    'Required by the specification; the index of task_dependencies_task_id_depends_on_key serves the same searches.';
comment on index idx_task_dependencies_depends_on is 'Finds which tasks wait for a given one.';
comment on index idx_task_dependencies_created_at is 'Dependencies by the time they were stated.';
