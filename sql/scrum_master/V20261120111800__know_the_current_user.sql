-- As the owner, because policies of users ask these, and would ask themselves. Each tells of nobody but who asks. They read what
-- their statement reads, so they are STABLE, and write nothing, so a parallel worker may call them.
create function is_current_user_active() returns boolean
    language sql stable security definer parallel safe
    set search_path = pg_catalog, pg_temp
begin atomic
    select exists (
        select from users where id = steward.current_user_bigint() and is_active is not false
    );
end;

revoke execute on function is_current_user_active() from public;
grant execute on function is_current_user_active() to application_user;

-- Both have to agree: what app.user_role says is worth nothing without the account, and a user whose role was taken away has
-- lost it at once, whatever an older token says.
create function role_of_current_user() returns character varying
    language sql stable security definer parallel safe
    set search_path = pg_catalog, pg_temp
begin atomic
    select role from users
    where id = steward.current_user_bigint() and is_active is not false and role = steward.current_user_role();
end;

revoke execute on function role_of_current_user() from public;
grant execute on function role_of_current_user() to application_user;

comment on function is_current_user_active() is
    'Whether app.user_id, or a verified token, names a user whose account is in use. For policies: (select is_current_user_active()).';
comment on function role_of_current_user() is
    'The role that app.user_role, or a verified token, names, if it is the one that the user has and the account is in use; else NULL. For policies: (select role_of_current_user()).';
