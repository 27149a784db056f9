create table users (
    id uuid default gen_random_uuid(),
    username varchar(255) not null,
    email varchar(255) not null,
    password_hash varchar(255) not null,
    created_at timestamp with time zone default current_timestamp,
    updated_at timestamp with time zone default current_timestamp,
    last_login timestamp with time zone,
    status varchar(50) default 'active',
    role varchar(50) default 'user',
    constraint users_pkey primary key (id),
    constraint users_username_key unique (username),
    constraint users_email_key unique (email)
);

-- The first two repeat the indexes of the unique constraints: the specification names them.
create index idx_users_username on users (username);
create index idx_users_email on users (email);
create index idx_users_status on users (status);

comment on table users is
    'People and agents who create, receive and discuss tasks. A user whose tasks, messages or attachments exist cannot be deleted: give such an account another status instead.';
comment on column users.id is 'Random UUID (version 4), made by the server.';
comment on column users.username is 'Name to sign in with; unique, and case matters.';
comment on column users.email is 'Address to write to; unique, and case matters.';
comment on column users.password_hash is 'Hash of the password with its salt and parameters, written by the application; never the password itself.';
comment on column users.created_at is 'When the account was created.';
comment on column users.updated_at is 'When the row was last updated; written by the trigger update_users_updated_at.';
comment on column users.last_login is 'When the user last signed in, written by the application; NULL if never.';
comment on column users.status is 'Whether the account may be used: "active" unless the application says otherwise. The application defines the other values.';
comment on column users.role is 'What the account may do: "user" unless the application says otherwise. The application defines the other values.';
comment on constraint users_username_key on users is 'One account a username.';
comment on constraint users_email_key on users is 'One account an address.';
comment on index idx_users_username is 'Required by the specification; the index of users_username_key serves the same searches.';
comment on index idx_users_email is 'Required by the specification; the index of users_email_key serves the same searches.';
comment on index idx_users_status is 'Accounts of a status.';
