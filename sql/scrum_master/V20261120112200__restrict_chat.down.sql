drop policy reporting_policy on chat_message_edits;
drop policy edit_access_policy on chat_message_edits;
drop index idx_chat_edited;

drop policy reporting_policy on chat_messages;
drop policy active_user_policy on chat_messages;
drop policy message_deletion_policy on chat_messages;
drop policy message_editing_policy on chat_messages;
drop policy message_sending_policy on chat_messages;
drop policy message_access_policy on chat_messages;

alter table chat_message_edits disable row level security;
alter table chat_messages disable row level security;

revoke all on chat_message_edits from read_only_user;
revoke all on chat_messages from read_only_user;
revoke all on chat_message_edits from application_user;
revoke all on sequence chat_messages_id_seq from application_user;
revoke all on chat_messages from application_user;
