create table milestones (
    id uuid default gen_random_uuid(),
    title varchar(255) not null,
    description text,
    start_date timestamp with time zone not null,
    end_date timestamp with time zone not null,
    status varchar(50) not null,
    progress integer default 0,
    created_by uuid,
    created_at timestamp with time zone default current_timestamp,
    updated_at timestamp with time zone default current_timestamp,
    search_vector tsvector generated always as (
        setweight(to_tsvector('english'::regconfig, title), 'A')
        -- A tsvector holds one megabyte at most, and a longer description would be refused.
        || setweight(to_tsvector('english'::regconfig, coalesce(left(description, 100000), '')), 'B')
    ) stored,
    constraint milestones_pkey primary key (id),
    constraint milestones_created_by_fkey foreign key (created_by) references users (id) on delete restrict,
    constraint milestones_status_check check (status::text in ('NOT_STARTED', 'IN_PROGRESS', 'BLOCKED', 'COMPLETED')),
    constraint milestones_progress_check check (progress between 0 and 100),
    constraint milestones_end_date_check check (end_date >= start_date)
);

create index idx_milestones_status on milestones (status);
create index idx_milestones_created_by on milestones (created_by);
create index idx_milestones_start_date on milestones (start_date);
create index idx_milestones_end_date on milestones (end_date);
create index idx_milestones_created_at on milestones (created_at);
create index idx_milestones_search on milestones using gist (search_vector);

comment on table milestones is
    'Points that a project wants to reach by a date. Deleting a milestone leaves its tasks, without a milestone.';
comment on column milestones.id is 'Random UUID (version 4), made by the server.';
comment on column milestones.title is 'What is to be reached, in one line.';
comment on column milestones.description is 'What is to be reached, at length; NULL if the title says it all.';
comment on column milestones.start_date is 'When work towards the milestone starts.';
comment on column milestones.end_date is 'When the milestone should be reached.';
comment on column milestones.status is 'How far the milestone is: a label of status_type.';
comment on column milestones.progress is 'Share of the work that is done, in percent from 0 to 100; written by the application. NULL if unknown.';
comment on column milestones.created_by is
    'User who created the milestone; NULL if no user did. Such a user cannot be deleted: who planned it stays known.';
comment on column milestones.created_at is 'When the milestone was created.';
comment on column milestones.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on column milestones.search_vector is
    'Words of the title (weight A) and of the first 100,000 characters of the description (weight B), in English, for full-text search; written by the server.';
comment on constraint milestones_status_check on milestones is 'The labels of status_type.';
comment on constraint milestones_progress_check on milestones is 'A percentage is from 0 to 100.';
comment on constraint milestones_end_date_check on milestones is 'A milestone does not end before it starts; it may be a single moment.';
comment on index idx_milestones_status is 'Milestones of a status.';
comment on index idx_milestones_created_by is 'Milestones that a user created.';
comment on index idx_milestones_start_date is 'Milestones by the time they start.';
comment on index idx_milestones_end_date is 'Milestones by the time they end.';
comment on index idx_milestones_created_at is 'Milestones by the time they were created.';
comment on index idx_milestones_search is 'Milestones by the words of their titles and descriptions.';
