create table users (
    id uuid default gen_random_uuid(),
    username varchar(50) not null,
    email varchar(255) not null,
    password_hash varchar(255) not null,
    is_2fa_enabled boolean default false,
    totp_secret varchar(255),
    is_active boolean default true,
    is_admin boolean default false,
    telegram_chat_id bigint,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    constraint users_pkey primary key (id),
    constraint users_username_key unique (username),
    constraint users_email_key unique (email)
);

comment on table users is
    'People who run projects and talk to agents. Deleting a user deletes the projects that the user owns, with all that is in them: set is_active = false instead to keep them.';
comment on column users.id is 'Random UUID (version 4), made by the server.';
comment on column users.username is 'Name to sign in with; unique, and case matters.';
comment on column users.email is 'Address to write to; unique, and case matters.';
comment on column users.password_hash is 'Hash of the password with its salt and parameters, written by the application; never the password itself.';
comment on column users.is_2fa_enabled is 'Whether the user signs in with a second factor too.';
comment on column users.totp_secret is
    'Secret of the second factor, NULL if there is none. It opens the account: best encrypted by the application.';
comment on column users.is_active is 'Whether the account is in use; false in place of a deletion.';
comment on column users.is_admin is 'Whether the user may do everything, and is told of every budget.';
comment on column users.telegram_chat_id is 'Chat at Telegram that notifications can be sent to; NULL if there is none.';
comment on column users.created_at is 'When the account was created.';
comment on column users.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint users_username_key on users is 'One account a name.';
comment on constraint users_email_key on users is 'One account an address.';
