create function delete_old_notifications(older_than interval default '30 days') returns bigint
    language sql
begin atomic
    with deleted as (
        delete from notifications where created_at < now() - older_than and is_read = true returning id
    )
    select count(*) from deleted;
end;

comment on function delete_old_notifications(interval) is
    'Deletes notifications that were read and are older than that, and returns how many. What was not read stays.';
