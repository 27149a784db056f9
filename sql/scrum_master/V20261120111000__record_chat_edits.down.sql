drop trigger keep_old_text on chat_messages;
drop trigger stamp_edit on chat_messages;
drop function keep_old_text();
drop function stamp_edit();
