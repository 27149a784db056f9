create table user_sessions (
    id uuid default gen_random_uuid(),
    user_id uuid not null,
    session_token varchar(255) not null,
    refresh_token varchar(255),
    expires_at timestamp with time zone not null,
    ip_address inet,
    user_agent text,
    is_active boolean default true,
    created_at timestamp with time zone default now(),
    constraint user_sessions_pkey primary key (id),
    constraint user_sessions_session_token_key unique (session_token),
    constraint user_sessions_refresh_token_key unique (refresh_token),
    constraint user_sessions_user_id_fkey foreign key (user_id) references users (id) on delete cascade
);

-- The first begins idx_user_sessions_user_active, and the second repeats the index of the unique constraint: the
-- specification names them.
create index idx_user_sessions_user_id on user_sessions (user_id);
create index idx_user_sessions_token on user_sessions (session_token);
create index idx_user_sessions_expires_at on user_sessions (expires_at);
create index idx_user_sessions_user_active on user_sessions (user_id, is_active);

comment on table user_sessions is 'Times for which users are signed in. It holds what opens an account, so no audit log records it.';
comment on column user_sessions.id is 'Random UUID (version 4), made by the server.';
comment on column user_sessions.user_id is 'User who signed in. Deleted with the user: a session must not outlive its account.';
comment on column user_sessions.session_token is 'By what the application finds the session: best a hash of what it gave the client, so that nobody who reads the table can use it.';
comment on column user_sessions.refresh_token is 'By what the session is renewed, best a hash too; NULL if it cannot be.';
comment on column user_sessions.expires_at is 'When the session ceases to be valid, which the application checks.';
comment on column user_sessions.ip_address is 'Where the user signed in from; NULL if it is not known.';
comment on column user_sessions.user_agent is 'With what program the user signed in; NULL if it is not known.';
comment on column user_sessions.is_active is 'False once the user signed out; NULL if that is not kept.';
comment on column user_sessions.created_at is 'When the user signed in.';
comment on constraint user_sessions_session_token_key on user_sessions is 'A token stands for one session.';
comment on constraint user_sessions_refresh_token_key on user_sessions is 'A token renews one session.';
comment on index idx_user_sessions_user_id is 'Required by the specification; idx_user_sessions_user_active serves the same searches.';
comment on index idx_user_sessions_token is 'Required by the specification; the index of user_sessions_session_token_key serves the same searches.';
comment on index idx_user_sessions_expires_at is 'Sessions by the time they expire.';
comment on index idx_user_sessions_user_active is 'Sessions of a user that are still open.';
