drop trigger keep_message_totals on messages;
drop trigger add_up_messages_after_truncate on token_usage;
drop trigger add_up_messages_after_delete on token_usage;
drop trigger add_up_messages_after_update on token_usage;
drop trigger add_up_messages_after_insert on token_usage;
drop function keep_message_totals();
drop function add_up_messages();
