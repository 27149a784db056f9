drop function delete_old_notifications(interval);
