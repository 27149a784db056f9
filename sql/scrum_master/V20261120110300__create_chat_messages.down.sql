drop table chat_messages;
