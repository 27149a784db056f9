create table messages (
    id uuid default gen_random_uuid(),
    content text not null,
    sender_id uuid,
    task_id uuid,
    created_at timestamp with time zone default current_timestamp,
    updated_at timestamp with time zone default current_timestamp,
    type varchar(50) default 'text',
    status varchar(50) default 'sent',
    constraint messages_pkey primary key (id),
    constraint messages_sender_id_fkey foreign key (sender_id) references users (id) on delete restrict,
    constraint messages_task_id_fkey foreign key (task_id) references tasks (id) on delete cascade
);

create index idx_messages_sender on messages (sender_id);
create index idx_messages_task on messages (task_id);
create index idx_messages_created_at on messages (created_at);

comment on table messages is
    'What users and the system say about tasks. Deleting a message deletes its attachments.';
comment on column messages.id is 'Random UUID (version 4), made by the server.';
comment on column messages.content is 'The text of the message.';
comment on column messages.sender_id is
    'User who wrote the message; NULL if the system did. Such a user cannot be deleted: who said what stays known.';
comment on column messages.task_id is
    'Task that the message is about; NULL if none. Deleted with the task, whose conversation it is part of.';
comment on column messages.created_at is 'When the message was written.';
comment on column messages.updated_at is 'When the row was last updated; written by the trigger update_messages_updated_at.';
comment on column messages.type is 'What the content is: "text" unless the application says otherwise. The application defines the other values.';
comment on column messages.status is 'How far the delivery is: "sent" when it is new. The application defines the other values.';
comment on index idx_messages_sender is 'Messages that a user wrote.';
comment on index idx_messages_task is 'Messages about a task.';
comment on index idx_messages_created_at is 'Messages by the time they were written.';
