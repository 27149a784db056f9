drop trigger stamp_reading on notifications;
drop function stamp_reading();
