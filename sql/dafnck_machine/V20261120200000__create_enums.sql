create type user_status as enum ('active', 'inactive', 'suspended', 'deleted');
create type project_status as enum ('active', 'completed', 'archived', 'cancelled');
create type project_visibility as enum ('private', 'internal', 'public');
create type project_role as enum ('owner', 'admin', 'member', 'viewer');
create type task_status as enum ('pending', 'in_progress', 'review', 'done', 'cancelled', 'blocked');
create type task_priority as enum ('low', 'medium', 'high', 'urgent');
create type dependency_type as enum ('blocks', 'relates_to', 'duplicates', 'subtask_of');
create type document_status as enum ('draft', 'review', 'published', 'archived');

comment on type user_status is 'Whether an account may be used. "deleted" retires one that its work still names.';
comment on type project_status is 'Where a project stands. One that becomes "archived" gets its archived_at.';
comment on type project_visibility is 'Who may see a project: its members, everybody who signs in, or anybody.';
comment on type project_role is 'What a member may do in a project, the most first.';
comment on type task_status is 'How far a task is.';
comment on type task_priority is 'How urgent a task is, the least first.';
comment on type dependency_type is
    'What a row of task_dependencies says. "blocks" and "subtask_of" order the work, the first with task_id after the other task, the second before it; "relates_to" and "duplicates" do not.';
comment on type document_status is 'How far a document is. One that becomes "published" gets its published_at.';
