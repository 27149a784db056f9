create table chat_message_edits (
    id serial,
    message_id integer not null,
    old_message text not null,
    edited_at timestamp with time zone not null default now(),
    constraint chat_message_edits_pkey primary key (id),
    constraint chat_message_edits_message_id_fkey foreign key (message_id) references chat_messages (id)
        on update cascade on delete cascade
);

create index idx_chat_message_edits_message on chat_message_edits (message_id, id);

comment on table chat_message_edits is
    'Texts that chat messages had before they were edited: one row an edit, written by the trigger keep_old_text of chat_messages. An application needs no right on it but SELECT.';
comment on column chat_message_edits.id is 'Number of the edit; a later one of the same message has a higher one.';
comment on column chat_message_edits.message_id is
    'Message that was edited. Deleted with the message: the texts of one that is gone are nobody''s to read.';
comment on column chat_message_edits.old_message is 'The text before the edit.';
comment on column chat_message_edits.edited_at is 'When the edit took the place of that text.';
comment on index idx_chat_message_edits_message is 'Edits of a message, in order.';
