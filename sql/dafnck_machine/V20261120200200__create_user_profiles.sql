create table user_profiles (
    id uuid default gen_random_uuid(),
    user_id uuid not null,
    bio text,
    location varchar(255),
    website_url text,
    social_links jsonb default '{}'::jsonb,
    preferences jsonb default '{}'::jsonb,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    constraint user_profiles_pkey primary key (id),
    constraint fk_user_profiles_user_id foreign key (user_id) references users (id) on delete cascade
);

create index idx_user_profiles_user_id on user_profiles (user_id);
create index idx_user_preferences on user_profiles using gin ((preferences));

comment on table user_profiles is 'What users tell about themselves, and how they like the application.';
comment on column user_profiles.id is 'Random UUID (version 4), made by the server.';
comment on column user_profiles.user_id is 'User whose profile it is. Deleted with the user, whom it describes.';
comment on column user_profiles.bio is 'What the user says about themselves; NULL if nothing.';
comment on column user_profiles.location is 'Where the user is, in words; NULL if that is not told.';
comment on column user_profiles.website_url is 'Address of a page of the user; NULL if there is none.';
comment on column user_profiles.social_links is 'Addresses elsewhere: a JSON object by service.';
comment on column user_profiles.preferences is 'Choices of the user: a JSON object. The application defines the keys.';
comment on column user_profiles.created_at is 'When the profile was created.';
comment on column user_profiles.updated_at is 'When the row was last updated; written by the trigger user_profiles_updated_at_trigger.';
comment on constraint fk_user_profiles_user_id on user_profiles is 'Stated twice in the specification; it is there once.';
comment on index idx_user_profiles_user_id is 'Profile of a user.';
comment on index idx_user_preferences is 'Profiles by what their preferences contain.';
