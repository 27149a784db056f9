//! Tables of tasks and of what they wait for.

/// The tables, empty. Whoever keeps them by hand has them as they are here.
pub(super) const TABLES: &str = "\
create type task_priority as enum ('urgent', 'high', 'medium', 'low');
create table tasks (
    id bigint constraint tasks_pkey primary key,
    title text not null,
    status text not null default 'open',
    priority task_priority not null,
    due_date date,
    completed_at timestamptz,
    assignee text,
    claimed_until timestamptz
) with (fillfactor = 80);
create table task_dependencies (
    task_id bigint not null references tasks,
    depends_on bigint not null references tasks,
    primary key (task_id, depends_on)
);
create index on task_dependencies (depends_on);
select setseed(0.5);";

/// What the extension is told of them.
pub(super) const TRACKED: &str = "\
select steward.guard_dependencies('task_dependencies');
select steward.track_completion('tasks', edges => 'task_dependencies');";

/// Projects of a hundred tasks, each waiting for three of the twenty before it, half of them done: in
/// every project work goes on somewhere in the middle.
pub(super) fn half_done(tasks: u32) -> String {
    format!(
        "{TABLES}
        insert into tasks (id, title, status, priority, due_date)
        select id, 'Task number ' || id,
            case when (id - 1) % 100 < 50 then 'done' else 'open' end,
            (enum_range(null::task_priority))[1 + floor(random() * 4)],
            date '2030-01-01' + floor(random() * 365)::integer
        from generate_series(1, {tasks}) as id;
        insert into task_dependencies
        select id, id - step
        from generate_series(1, {tasks}) as id
        cross join lateral (
            select step from generate_series(1, least(20, (id - 1) % 100)) as step order by random() limit 3
        ) as dependency;"
    )
}

/// Tasks that each unblock ten others. Each of those waits for two, so that every second completion makes
/// them ready.
pub(super) fn unblocking(blockers: u32) -> String {
    let dependents = blockers * 5;
    format!(
        "{TABLES}
        insert into tasks (id, title, priority, due_date)
        select id, 'Task number ' || id, (enum_range(null::task_priority))[1 + id % 4], date '2030-01-01' + id % 365
        from generate_series(1, {blockers} + {dependents}) as id;
        insert into task_dependencies
        select {blockers} + 1 + (10 * (blocker - 1) + step) % {dependents}, blocker
        from generate_series(1, {blockers}) as blocker, generate_series(0, 9) as step;"
    )
}

/// So many tasks, of which each can be begun.
pub(super) fn independent(tasks: u32) -> String {
    format!(
        "{TABLES}
        insert into tasks (id, title, priority, due_date)
        select id, 'Task number ' || id,
            (enum_range(null::task_priority))[1 + floor(random() * 4)],
            date '2030-01-01' + floor(random() * 365)::integer
        from generate_series(1, {tasks}) as id;
        create table claimed (task bigint not null);"
    )
}
