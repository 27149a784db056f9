drop table chat_message_edits;
