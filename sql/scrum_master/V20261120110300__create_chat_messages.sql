create table chat_messages (
    id serial,
    sender_id integer not null,
    recipient_id integer,
    message text not null,
    message_type varchar(20) default 'text',
    channel varchar(50) default 'general',
    is_edited boolean default false,
    edited_at timestamp with time zone,
    created_at timestamp with time zone default now(),
    reply_to_id integer,
    constraint chat_messages_pkey primary key (id),
    constraint chat_messages_sender_id_fkey foreign key (sender_id) references users (id)
        on update cascade on delete restrict,
    constraint chat_messages_recipient_id_fkey foreign key (recipient_id) references users (id)
        on update cascade on delete restrict,
    constraint chat_messages_reply_to_id_fkey foreign key (reply_to_id) references chat_messages (id)
        on update cascade on delete restrict,
    constraint chat_messages_message_type_check check (message_type::text in ('text', 'system', 'file')),
    constraint chat_messages_channel_check check (recipient_id is null or channel is null),
    constraint chat_messages_reply_to_id_check check (reply_to_id < id)
);

create index idx_chat_recipient on chat_messages (recipient_id);
create index idx_chat_sender on chat_messages (sender_id);
create index idx_chat_channel on chat_messages (channel);
create index idx_chat_created on chat_messages (created_at);
create index idx_chat_conversation on chat_messages (sender_id, recipient_id, created_at);
create index idx_chat_reply_to on chat_messages (reply_to_id);

comment on table chat_messages is
    'What the team says, in channels and from one to another. A message that was answered cannot be deleted; another takes its edits along.';
comment on column chat_messages.id is 'Number of the message; a later message has a higher one.';
comment on column chat_messages.sender_id is 'User who wrote it. Such a user cannot be deleted: who said what stays known.';
comment on column chat_messages.recipient_id is
    'User whom a direct message is for; NULL if it is for a channel. Such a user cannot be deleted.';
comment on column chat_messages.message is 'The text as it is now; earlier ones are in chat_message_edits.';
comment on column chat_messages.message_type is 'What it is: text, system or file.';
comment on column chat_messages.channel is 'Channel that it is for; NULL if it is a direct message.';
comment on column chat_messages.is_edited is 'Whether the text was changed; written by the trigger stamp_edit.';
comment on column chat_messages.edited_at is 'When the text was last changed, NULL if never; written by the trigger stamp_edit.';
comment on column chat_messages.created_at is 'When it was written.';
comment on column chat_messages.reply_to_id is
    'Message that it answers; NULL if it begins a thread. A message that was answered cannot be deleted.';
comment on constraint chat_messages_message_type_check on chat_messages is 'What a message can be.';
comment on constraint chat_messages_channel_check on chat_messages is 'A direct message is in no channel.';
comment on constraint chat_messages_reply_to_id_check on chat_messages is
    'An answer comes after what it answers, so that no thread leads back to itself.';
comment on index idx_chat_recipient is 'Messages for a user.';
comment on index idx_chat_sender is 'Messages that a user wrote.';
comment on index idx_chat_channel is 'Messages of a channel.';
comment on index idx_chat_created is 'Messages by the time they were written.';
comment on index idx_chat_conversation is 'What one user wrote to another, in order.';
comment on index idx_chat_reply_to is 'Answers to a message.';
