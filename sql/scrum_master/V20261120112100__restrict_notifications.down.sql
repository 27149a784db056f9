drop policy reporting_policy on notifications;
drop policy active_user_policy on notifications;
drop policy notification_access_policy on notifications;

alter table notifications disable row level security;

revoke all on notifications from read_only_user;
revoke all on sequence notifications_id_seq from application_user;
revoke all on notifications from application_user;
