create table notifications (
    id uuid default gen_random_uuid(),
    user_id uuid,
    type varchar(50) not null,
    title varchar(255) not null,
    message text not null,
    read boolean default false,
    created_at timestamp with time zone default current_timestamp,
    constraint notifications_pkey primary key (id),
    constraint notifications_user_id_fkey foreign key (user_id) references users (id) on delete cascade
);

create index idx_notifications_user_id on notifications (user_id);
create index idx_notifications_read on notifications (read);
create index idx_notifications_created_at on notifications (created_at);

comment on table notifications is 'What users are told about the work that concerns them.';
comment on column notifications.id is 'Random UUID (version 4), made by the server.';
comment on column notifications.user_id is
    'User who is told; NULL if everybody is. Deleted with the user: nobody else reads it.';
comment on column notifications.type is 'What it is about, such as "task_assigned". The application defines the values.';
comment on column notifications.title is 'The message in one line.';
comment on column notifications.message is 'The text of the message.';
comment on column notifications.read is 'Whether the user has read it; NULL if that is not kept.';
comment on column notifications.created_at is 'When the user was told.';
comment on index idx_notifications_user_id is 'Notifications of a user.';
comment on index idx_notifications_read is 'Notifications that were read, or were not.';
comment on index idx_notifications_created_at is 'Notifications by the time of the message.';
