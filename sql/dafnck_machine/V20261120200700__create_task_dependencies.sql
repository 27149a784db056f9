create table task_dependencies (
    id uuid default gen_random_uuid(),
    task_id uuid not null,
    depends_on_task_id uuid not null,
    dependency_type dependency_type default 'blocks',
    created_at timestamp with time zone default now(),
    constraint task_dependencies_pkey primary key (id),
    constraint task_dependencies_task_id_depends_on_task_id_key unique (task_id, depends_on_task_id),
    constraint task_dependencies_task_id_fkey foreign key (task_id) references tasks (id) on delete cascade,
    constraint task_dependencies_depends_on_task_id_fkey
        foreign key (depends_on_task_id) references tasks (id) on delete cascade,
    constraint chk_no_self_dependency check (task_id != depends_on_task_id)
);

create index idx_task_dependencies_depends_on_task_id on task_dependencies (depends_on_task_id);

comment on table task_dependencies is
    'How tasks have to do with each other: what waits for what, and links that order nothing. The rule that steward.guard_dependencies attaches refuses circles of what orders.';
comment on column task_dependencies.id is 'Random UUID (version 4), made by the server.';
comment on column task_dependencies.task_id is
    'Task that waits for the other, or is a subtask of it, or is linked with it. Deleted with the task.';
comment on column task_dependencies.depends_on_task_id is 'The other task. Deleted with the task too.';
comment on column task_dependencies.dependency_type is
    '"blocks": task_id waits for depends_on_task_id. "subtask_of": depends_on_task_id, the whole, waits for task_id, its part. The others, and NULL, order nothing.';
comment on column task_dependencies.created_at is 'When it was stated.';
comment on constraint task_dependencies_task_id_depends_on_task_id_key on task_dependencies is
    'Two tasks are linked once in each direction; its index finds what a task waits for.';
comment on constraint chk_no_self_dependency on task_dependencies is 'No task is linked with itself, in no way.';
comment on index idx_task_dependencies_depends_on_task_id is 'Finds which tasks wait for a given one.';
