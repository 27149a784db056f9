create table api_keys (
    id uuid default gen_random_uuid(),
    user_id uuid,
    key_hash varchar(255) not null,
    name varchar(255) not null,
    expires_at timestamp with time zone,
    created_at timestamp with time zone default current_timestamp,
    updated_at timestamp with time zone default current_timestamp,
    constraint api_keys_pkey primary key (id),
    constraint api_keys_key_hash_key unique (key_hash),
    constraint api_keys_user_id_fkey foreign key (user_id) references users (id) on delete cascade
);

create index idx_api_keys_user_id on api_keys (user_id);
create index idx_api_keys_expires_at on api_keys (expires_at);
create index idx_api_keys_created_at on api_keys (created_at);

comment on table api_keys is 'Keys by which programs act in the name of a user.';
comment on column api_keys.id is 'Random UUID (version 4), made by the server.';
comment on column api_keys.user_id is
    'User in whose name the key acts; NULL if it belongs to nobody. Deleted with the user: a key must not outlive its account.';
comment on column api_keys.key_hash is 'Hash of the key, written by the application, which finds the key by it; never the key itself.';
comment on column api_keys.name is 'What the key is for, for people.';
comment on column api_keys.expires_at is 'When the key ceases to be valid, which the application checks; NULL if never.';
comment on column api_keys.created_at is 'When the key was issued.';
comment on column api_keys.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint api_keys_key_hash_key on api_keys is 'A hash stands for one key; its index finds the key of a request.';
comment on index idx_api_keys_user_id is 'Keys of a user.';
comment on index idx_api_keys_expires_at is 'Keys by the time they expire.';
comment on index idx_api_keys_created_at is 'Keys by the time they were issued.';
