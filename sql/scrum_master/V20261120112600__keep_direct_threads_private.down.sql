drop trigger keep_thread_private on chat_messages;
drop function keep_thread_private();
