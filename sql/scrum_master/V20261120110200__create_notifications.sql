create table notifications (
    id serial,
    user_id integer not null,
    type varchar(50) not null,
    title varchar(200) not null,
    message text not null,
    related_task_id integer,
    is_read boolean default false,
    created_at timestamp with time zone default now(),
    read_at timestamp with time zone,
    constraint notifications_pkey primary key (id),
    constraint notifications_user_id_fkey foreign key (user_id) references users (id)
        on update cascade on delete restrict,
    constraint notifications_related_task_id_fkey foreign key (related_task_id) references tasks (id)
        on update cascade on delete restrict,
    constraint valid_notification_type
        check (type::text in ('task_assigned', 'task_delayed', 'task_completed', 'issue_reported', 'system'))
);

create index idx_notifications_user_unread on notifications (user_id, is_read) where is_read = false;
create index idx_notifications_type on notifications (type);
create index idx_notifications_created on notifications (created_at);
create index idx_notifications_task on notifications (related_task_id);
-- The first leaves out what was read, which a change of users.id has to find too.
create index idx_notifications_user on notifications (user_id);

comment on table notifications is 'What users are told about the work that concerns them.';
comment on column notifications.id is 'Number of the notification.';
comment on column notifications.user_id is 'User who is told. Such a user cannot be deleted.';
comment on column notifications.type is 'What it is about: a value of valid_notification_type.';
comment on column notifications.title is 'The message in one line.';
comment on column notifications.message is 'The text of the message.';
comment on column notifications.related_task_id is
    'Task that it is about; NULL if none. Such a task cannot be deleted before the notification is.';
comment on column notifications.is_read is 'Whether the user has read it.';
comment on column notifications.created_at is 'When the user was told.';
comment on column notifications.read_at is 'When the user has read it; NULL while is_read is not true.';
comment on constraint valid_notification_type on notifications is 'What a notification can be about.';
comment on index idx_notifications_user_unread is 'What a user has not read yet; alone enough to count it.';
comment on index idx_notifications_type is 'Notifications of a type.';
comment on index idx_notifications_created is 'Notifications by the time of the message.';
comment on index idx_notifications_task is 'Notifications about a task.';
comment on index idx_notifications_user is 'Notifications of a user, read or not.';
