-- Checks cast to text because a varchar list is written differently after a dump and restore.
create table users (
    id serial,
    github_id varchar(50) not null,
    username varchar(100) not null,
    email varchar(255),
    avatar_url varchar(500),
    role varchar(50) not null,
    is_active boolean default true,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    constraint users_pkey primary key (id),
    constraint users_github_id_key unique (github_id),
    constraint valid_role
        check (role::text in ('developer', 'designer', 'tester', 'project_manager', 'admin'))
);

-- The first repeats the index of the unique constraint: the specification names it.
create index idx_users_github_id on users (github_id);
create index idx_users_role on users (role);
create index idx_users_active on users (is_active) where is_active = true;

comment on table users is
    'The team, who sign in through GitHub. A user whom anything refers to cannot be deleted: set is_active = false instead.';
comment on column users.id is 'Number of the account; a change of it is carried on to every row that refers to it.';
comment on column users.github_id is 'Id of the GitHub account that signs in; unique.';
comment on column users.username is 'Name for people; not necessarily unique.';
comment on column users.email is 'Address to write to; NULL if GitHub shows none.';
comment on column users.avatar_url is 'Address of the picture; NULL if there is none.';
comment on column users.role is
    'What the user does in the team. valid_role lists the values; tasks_assigned_role_check has the same list: change them together.';
comment on column users.is_active is 'Whether the account is in use; false in place of a deletion. NULL counts as in use.';
comment on column users.created_at is 'When the account was created.';
comment on column users.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint users_github_id_key on users is 'One account here for an account at GitHub.';
comment on constraint valid_role on users is 'The roles of a team.';
comment on index idx_users_github_id is 'Required by the specification; the index of users_github_id_key serves the same searches.';
comment on index idx_users_role is 'Users of a role.';
comment on index idx_users_active is 'Accounts that are in use.';
