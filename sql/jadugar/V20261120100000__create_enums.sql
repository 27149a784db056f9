-- The columns stay varchar, so that a driver binds text; their checks repeat these labels. A check that read the labels from
-- the catalog would turn false for rows that are there as soon as a label is renamed, and such a dump cannot be restored.
-- The checks cast to text because a varchar list is written differently after a dump and restore.
create type status_type as enum ('NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED');
create type priority_type as enum ('LOW', 'MEDIUM', 'HIGH');
create type role_type as enum ('ADMIN', 'MANAGER', 'DEVELOPER', 'VIEWER');

comment on type status_type is
    'How far a milestone or a task is, in order. milestones_status_check and tasks_status_check hold the columns to these labels: change them together.';
comment on type priority_type is
    'How urgent a task is, the least first: order by priority::priority_type. tasks_priority_check holds the column to these labels: change them together.';
comment on type role_type is
    'What a user may do, the most first. users_role_check holds the column to these labels: change them together.';
