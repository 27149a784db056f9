create table features (
    id uuid default gen_random_uuid(),
    name varchar(255) not null,
    description text not null,
    current_stage varchar(50) not null,
    start_time timestamp with time zone default now(),
    last_updated timestamp with time zone default now(),
    completion_percentage double precision default 0,
    estimated_completion timestamp with time zone,
    constraint features_pkey primary key (id),
    constraint features_completion_percentage_check check (completion_percentage between 0 and 100)
);

comment on table features is
    'Features under development and the stage each has reached. Deleting a feature deletes its code metrics, its stage transitions and its dependencies in both directions; its tasks stay, without a feature.';
comment on column features.id is 'Random UUID (version 4), made by the server.';
comment on column features.name is 'Short name for people; not necessarily unique.';
comment on column features.description is 'What the feature does and for whom.';
comment on column features.current_stage is 'Stage that the feature is in. The application defines the stages; every change is recorded in stage_transitions.';
comment on column features.start_time is 'When work on the feature started.';
comment on column features.last_updated is 'When the row was last updated; written by the trigger update_features_last_updated.';
comment on column features.completion_percentage is 'Share of the work that is done, in percent from 0 to 100; written by the application. NULL if unknown.';
comment on column features.estimated_completion is 'When the feature is expected to be complete; NULL if there is no estimate.';
comment on constraint features_completion_percentage_check on features is 'A percentage is from 0 to 100; this refuses NaN too.';
