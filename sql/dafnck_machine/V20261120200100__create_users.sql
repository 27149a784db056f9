create table users (
    id uuid default gen_random_uuid(),
    email varchar(255) not null,
    username varchar(50) not null,
    password_hash varchar(255) not null,
    first_name varchar(100),
    last_name varchar(100),
    avatar_url text,
    email_verified boolean default false,
    status user_status default 'active',
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    last_login_at timestamp with time zone,
    metadata jsonb default '{}'::jsonb,
    constraint users_pkey primary key (id),
    constraint users_email_key unique (email),
    constraint users_username_key unique (username),
    constraint chk_email_format check (email ~* '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$'),
    constraint chk_username_length check (char_length(username) >= 3 and char_length(username) <= 50)
);

-- The first two repeat the indexes of the unique constraints: the specification names them.
create index idx_users_email on users (email);
create index idx_users_username on users (username);
create index idx_users_status on users (status);
create index idx_users_created_at on users (created_at);
create index idx_users_metadata_gin on users using gin (metadata);

comment on table users is
    'People and programs that own projects, do tasks and write documents. A user whom work names cannot be deleted: set the status to "deleted" instead. One whom nothing names takes the profile, the sessions and the memberships along.';
comment on column users.id is 'Random UUID (version 4), made by the server.';
comment on column users.email is 'Address to sign in with and to write to; unique, and case matters.';
comment on column users.username is 'Name to sign in with; unique, and case matters.';
comment on column users.password_hash is 'Hash of the password with its salt and parameters, written by the application; never the password itself. The audit log does not show it.';
comment on column users.first_name is 'Given name; NULL if it is not known.';
comment on column users.last_name is 'Family name; NULL if it is not known.';
comment on column users.avatar_url is 'Address of a picture; NULL if there is none.';
comment on column users.email_verified is 'Whether the user has shown to receive mail at the address; NULL if that is not kept.';
comment on column users.status is 'Whether the account may be used; NULL if that is not decided.';
comment on column users.created_at is 'When the account was created.';
comment on column users.updated_at is 'When the row was last updated; written by the trigger users_updated_at_trigger.';
comment on column users.last_login_at is 'When the newest session of the user was created; written by the trigger user_sessions_last_login_at_trigger. NULL if there was none.';
comment on column users.metadata is 'What the application keeps besides: a JSON object. No secrets: the audit log shows it.';
comment on constraint users_email_key on users is 'One account an address.';
comment on constraint users_username_key on users is 'One account a name.';
comment on constraint chk_email_format on users is 'The address has a name, an @ and a domain with a dot.';
comment on constraint chk_username_length on users is 'A name is of 3 to 50 characters.';
comment on index idx_users_email is 'Required by the specification; the index of users_email_key serves the same searches.';
comment on index idx_users_username is 'Required by the specification; the index of users_username_key serves the same searches.';
comment on index idx_users_status is 'Accounts of a status.';
comment on index idx_users_created_at is 'Accounts by the time they were created.';
comment on index idx_users_metadata_gin is 'Accounts by what their metadata contains.';
