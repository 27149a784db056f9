drop trigger stamp_edit on messages;
drop function stamp_edit();
