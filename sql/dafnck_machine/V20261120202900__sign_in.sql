-- What nobody can do yet who is nobody yet, and what the policies and rights above keep from everybody: each narrow, with the
-- rights of the tables' owner, and bound to its tables. No function gives a hash or a token away: what is compared comes from outside.
-- A login name is an address or, if it is nobody's address, a username.
create function sign_up(
    email text, username text, password_hash text, first_name text default null, last_name text default null
) returns uuid
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    insert into users (email, username, password_hash, first_name, last_name) values ($1, $2, $3, $4, $5) returning id;
end;

create function password_salt(login text) returns text
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select case
        when u.password_hash ~ '^\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}$' then left(u.password_hash, 29)
        when u.password_hash ~ '^\$(?!2[abxy]?\$).+\$.+\$.+$' then substring(u.password_hash from '^(.*)\$[^$]*$')
    end
    from users as u
    where u.email = $1 or u.username = $1
    order by u.email = $1 desc
    limit 1;
end;

create function sign_in(
    login text, password_hash text, session_token text, refresh_token text default null,
    lifetime interval default '12 hours', ip_address inet default null, user_agent text default null
) returns uuid
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    insert into user_sessions (user_id, session_token, refresh_token, expires_at, ip_address, user_agent)
    select u.id, $3, $4, now() + $5, $6, $7
    from (
        select a.id, a.password_hash, a.status from users as a
        where a.email = $1 or a.username = $1
        order by a.email = $1 desc
        limit 1
    ) as u
    where u.password_hash = $2 and u.status = 'active'
    returning user_id;
end;

create function resume_session(session_token text) returns uuid
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    select s.user_id from user_sessions as s join users as u on u.id = s.user_id
    where s.session_token = $1 and s.is_active and s.expires_at > now() and u.status = 'active';
end;

create function renew_session(
    refresh_token text, new_session_token text, new_refresh_token text, lifetime interval default '12 hours'
) returns uuid
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    update user_sessions as s set session_token = $2, refresh_token = $3, expires_at = now() + $4
    from users as u
    where s.refresh_token = $1 and s.is_active and s.expires_at > now() and u.id = s.user_id and u.status = 'active'
    returning s.user_id;
end;

create function change_password(old_password_hash text, new_password_hash text) returns boolean
    language sql security definer
    set search_path = pg_catalog, pg_temp
begin atomic
    with changed as (
        update users as u set password_hash = $2
        where u.id = (select active_user_id()) and u.password_hash = $1
        returning u.id
    ), ended as (
        update user_sessions as s set is_active = false from changed where s.user_id = changed.id and s.is_active
    )
    select exists (select from changed);
end;

revoke execute on function sign_up(text, text, text, text, text) from public;
revoke execute on function password_salt(text) from public;
revoke execute on function sign_in(text, text, text, text, interval, inet, text) from public;
revoke execute on function resume_session(text) from public;
revoke execute on function renew_session(text, text, text, interval) from public;
revoke execute on function change_password(text, text) from public;
grant execute on function sign_up(text, text, text, text, text) to application_role;
grant execute on function password_salt(text) to application_role;
grant execute on function sign_in(text, text, text, text, interval, inet, text) to application_role;
grant execute on function resume_session(text) to application_role;
grant execute on function renew_session(text, text, text, interval) to application_role;
grant execute on function change_password(text, text) to application_role;

comment on column user_sessions.expires_at is 'When the session ceases to be valid, which resume_session looks at.';
comment on function sign_up(text, text, text, text, text) is
    'Makes an active account whose address is not verified, and gives its id. 23505 where the address or the name is taken.';
comment on function password_salt(text) is
    'What a password is hashed with to compare it, for a login name: the hash up to its digest, in the forms of bcrypt, crypt and PHC ($argon2id$...). NULL for other forms and unknown names.';
comment on function sign_in(text, text, text, text, interval, inet, text) is
    'Opens a session for a login name if this is the hash of its password and the account is active, and gives the user; NULL, and no session, otherwise.';
comment on function resume_session(text) is
    'The user of a session, by its token, while it is neither ended nor expired and the account is active; NULL otherwise.';
comment on function renew_session(text, text, text, interval) is
    'Gives a session that is still open new tokens and more time, by its refresh token, which is used up. Its user; NULL if there is no such session.';
comment on function change_password(text, text) is
    'Changes the password of whoever asks, if this is the hash of the present one, and ends all their sessions. False otherwise.';
