drop trigger leave_channel on chat_messages;
drop function leave_channel();
