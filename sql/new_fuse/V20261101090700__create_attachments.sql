create table attachments (
    id uuid default gen_random_uuid(),
    filename varchar(255) not null,
    file_path varchar(512) not null,
    mime_type varchar(255),
    size_bytes bigint,
    message_id uuid,
    task_id uuid,
    uploaded_by uuid,
    created_at timestamp with time zone default current_timestamp,
    constraint attachments_pkey primary key (id),
    constraint attachments_message_id_fkey foreign key (message_id) references messages (id) on delete cascade,
    constraint attachments_task_id_fkey foreign key (task_id) references tasks (id) on delete cascade,
    constraint attachments_uploaded_by_fkey foreign key (uploaded_by) references users (id) on delete restrict,
    constraint attachments_size_bytes_check check (size_bytes >= 0)
);

create index idx_attachments_message on attachments (message_id);
create index idx_attachments_task on attachments (task_id);
create index idx_attachments_uploaded_by on attachments (uploaded_by);

comment on table attachments is
    'Files attached to messages and tasks. A row describes a file that is stored elsewhere; deleting the row does not delete the file.';
comment on column attachments.id is 'Random UUID (version 4), made by the server.';
comment on column attachments.filename is 'Name of the file as it was uploaded.';
comment on column attachments.file_path is 'Where the file is stored, as the application understands it.';
comment on column attachments.mime_type is 'Media type of the file, such as "image/png"; NULL if unknown.';
comment on column attachments.size_bytes is 'Size of the file in bytes; NULL if unknown.';
comment on column attachments.message_id is
    'Message that the file came with; NULL if none. Deleted with the message that it is part of.';
comment on column attachments.task_id is
    'Task that the file belongs to; NULL if none. Deleted with the task that it is part of.';
comment on column attachments.uploaded_by is
    'User who uploaded the file; NULL if the system did. Such a user cannot be deleted: where a file came from stays known.';
comment on column attachments.created_at is 'When the file was uploaded.';
comment on constraint attachments_size_bytes_check on attachments is 'A size is not negative; an empty file has 0.';
comment on index idx_attachments_message is 'Files that came with a message.';
comment on index idx_attachments_task is 'Files of a task.';
comment on index idx_attachments_uploaded_by is 'Files that a user uploaded.';
