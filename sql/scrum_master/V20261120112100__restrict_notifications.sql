-- The rules write notifications for others, as the owner. To whom one is written, and what, is not among the columns. Nor is the
-- task in a new one: a task that somebody does not even see could not be deleted any more.
grant select, delete on notifications to application_user;
grant insert (user_id, type, title, message, is_read, created_at, read_at) on notifications to application_user;
grant update (is_read, read_at) on notifications to application_user;
grant usage, select on sequence notifications_id_seq to application_user;
grant select on notifications to read_only_user;

alter table notifications enable row level security;

create policy notification_access_policy on notifications for all to application_user
    using (user_id = (select steward.current_user_bigint()));
create policy active_user_policy on notifications as restrictive for all to application_user
    using ((select is_current_user_active()));
create policy reporting_policy on notifications for select to read_only_user
    using (true);

comment on policy notification_access_policy on notifications is 'Users see and write their own notifications.';
comment on policy active_user_policy on notifications is 'Nobody does anything without an account that is in use.';
comment on policy reporting_policy on notifications is 'Reports read everything.';
