create table users (
    id uuid default gen_random_uuid(),
    email varchar(255) not null,
    name varchar(255) not null,
    password_hash varchar(255) not null,
    role varchar(50) not null,
    created_at timestamp with time zone default current_timestamp,
    updated_at timestamp with time zone default current_timestamp,
    constraint users_pkey primary key (id),
    constraint users_email_key unique (email),
    constraint users_role_check check (role::text in ('ADMIN', 'MANAGER', 'DEVELOPER', 'VIEWER'))
);

-- The first repeats the index of the unique constraint: the specification names it.
create index idx_users_email on users (email);
create index idx_users_created_at on users (created_at);

comment on table users is
    'People and programs that plan, work and watch. A user who created milestones, tasks or webhooks, or is in the audit log, cannot be deleted: delete its API keys, blank its password hash and make it a VIEWER instead.';
comment on column users.id is 'Random UUID (version 4), made by the server.';
comment on column users.email is 'Address to sign in with and to write to; unique, and case matters.';
comment on column users.name is 'Name for people; not necessarily unique.';
comment on column users.password_hash is 'Hash of the password with its salt and parameters, written by the application; never the password itself.';
comment on column users.role is 'What the user may do: a label of role_type.';
comment on column users.created_at is 'When the account was created.';
comment on column users.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint users_email_key on users is 'One account an address.';
comment on constraint users_role_check on users is 'The labels of role_type.';
comment on index idx_users_email is 'Required by the specification; the index of users_email_key serves the same searches.';
comment on index idx_users_created_at is 'Accounts by the time they were created.';
