-- Who wrote a message, to whom, and where, is not among the columns. Edits are kept by keep_old_text, as the owner.
grant select, insert, delete on chat_messages to application_user;
grant update (message, is_edited, edited_at) on chat_messages to application_user;
grant usage, select on sequence chat_messages_id_seq to application_user;
grant select on chat_message_edits to application_user;
grant select on chat_messages to read_only_user;
grant select on chat_message_edits to read_only_user;

alter table chat_messages enable row level security;
alter table chat_message_edits enable row level security;

create policy message_access_policy on chat_messages for select to application_user
    using (
        recipient_id is null
        or recipient_id = (select steward.current_user_bigint())
        or sender_id = (select steward.current_user_bigint())
    );
create policy message_sending_policy on chat_messages for insert to application_user
    with check (sender_id = (select steward.current_user_bigint()));
create policy message_editing_policy on chat_messages for update to application_user
    using (sender_id = (select steward.current_user_bigint()));
create policy message_deletion_policy on chat_messages for delete to application_user
    using (sender_id = (select steward.current_user_bigint()));
create policy active_user_policy on chat_messages as restrictive for all to application_user
    using ((select is_current_user_active()));
create policy reporting_policy on chat_messages for select to read_only_user
    using (true);

-- The messages are collected once a statement, and those that were never edited are left out by the index.
create index idx_chat_edited on chat_messages (id) where is_edited;
create policy edit_access_policy on chat_message_edits for select to application_user
    using (message_id = any (array(select id from chat_messages where is_edited)));
create policy reporting_policy on chat_message_edits for select to read_only_user
    using (true);

comment on policy message_access_policy on chat_messages is
    'Users see what is said in channels, and direct messages that they wrote or that are for them.';
comment on policy message_sending_policy on chat_messages is 'Users write in their own name.';
comment on policy message_editing_policy on chat_messages is 'Users edit what they wrote.';
comment on policy message_deletion_policy on chat_messages is 'Users delete what they wrote.';
comment on policy active_user_policy on chat_messages is 'Nobody does anything without an account that is in use.';
comment on policy reporting_policy on chat_messages is 'Reports read everything.';
comment on index idx_chat_edited is 'Messages that were edited, for edit_access_policy.';
comment on policy edit_access_policy on chat_message_edits is 'Who sees a message sees its earlier texts.';
comment on policy reporting_policy on chat_message_edits is 'Reports read everything.';
