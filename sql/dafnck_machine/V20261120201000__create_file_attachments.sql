-- The three generated columns carry foreign keys, which no pair of type and id can: an attachment then has its entity, and
-- goes with it, at every isolation level, and a TRUNCATE and a dump know of it too.
create table file_attachments (
    id uuid default gen_random_uuid(),
    entity_type varchar(50) not null,
    entity_id uuid not null,
    filename varchar(255) not null,
    original_filename varchar(255) not null,
    file_size bigint not null,
    mime_type varchar(100) not null,
    storage_path text not null,
    uploader_id uuid not null,
    metadata jsonb default '{}'::jsonb,
    created_at timestamp with time zone default now(),
    task_id uuid generated always as (case when entity_type::text = 'task' then entity_id end) stored,
    document_id uuid generated always as (case when entity_type::text = 'document' then entity_id end) stored,
    project_id uuid generated always as (case when entity_type::text = 'project' then entity_id end) stored,
    constraint file_attachments_pkey primary key (id),
    constraint file_attachments_uploader_id_fkey foreign key (uploader_id) references users (id),
    constraint file_attachments_task_id_fkey foreign key (task_id) references tasks (id) on delete cascade,
    constraint file_attachments_document_id_fkey foreign key (document_id) references documents (id) on delete cascade,
    constraint file_attachments_project_id_fkey foreign key (project_id) references projects (id) on delete cascade,
    constraint file_attachments_entity_type_check check (entity_type::text in ('task', 'document', 'project')),
    constraint chk_file_size_positive check (file_size > 0),
    constraint chk_filename_not_empty check (char_length(filename) > 0)
);

create index idx_file_attachments_entity on file_attachments (entity_type, entity_id);
create index idx_file_attachments_uploader_id on file_attachments (uploader_id);
create index idx_file_attachments_task_id on file_attachments (task_id);
create index idx_file_attachments_document_id on file_attachments (document_id);
create index idx_file_attachments_project_id on file_attachments (project_id);

comment on table file_attachments is
    'Files that belong to a task, a document or a project. The row is deleted with it; the stored file is the application''s to remove.';
comment on column file_attachments.id is 'Random UUID (version 4), made by the server.';
comment on column file_attachments.entity_type is 'To what the file belongs: "task", "document" or "project".';
comment on column file_attachments.entity_id is 'Id of that task, document or project, which has to be there.';
comment on column file_attachments.filename is 'Name under which the file is shown.';
comment on column file_attachments.original_filename is 'Name that the file had where it came from.';
comment on column file_attachments.file_size is 'Bytes of the file.';
comment on column file_attachments.mime_type is 'Media type of the file, such as "image/png".';
comment on column file_attachments.storage_path is 'Where the application has stored the file.';
comment on column file_attachments.uploader_id is 'User who uploaded the file. Such a user cannot be deleted: who it came from stays known.';
comment on column file_attachments.metadata is 'What the application keeps besides: a JSON object.';
comment on column file_attachments.created_at is 'When the file was uploaded.';
comment on column file_attachments.task_id is 'The entity if it is a task, computed by the server; NULL otherwise. Deleted with the task.';
comment on column file_attachments.document_id is 'The entity if it is a document, computed by the server; NULL otherwise. Deleted with the document.';
comment on column file_attachments.project_id is 'The entity if it is a project, computed by the server; NULL otherwise. Deleted with the project.';
comment on constraint file_attachments_entity_type_check on file_attachments is 'A file belongs to one of these three.';
comment on constraint chk_file_size_positive on file_attachments is 'A file holds a byte at least.';
comment on constraint chk_filename_not_empty on file_attachments is 'A file has a name.';
comment on index idx_file_attachments_entity is 'Attachments of a task, a document or a project.';
comment on index idx_file_attachments_uploader_id is 'Attachments that a user uploaded.';
comment on index idx_file_attachments_task_id is 'By this the attachments of a task that is deleted are found.';
comment on index idx_file_attachments_document_id is 'By this the attachments of a document that is deleted are found.';
comment on index idx_file_attachments_project_id is 'By this the attachments of a project that is deleted are found.';
