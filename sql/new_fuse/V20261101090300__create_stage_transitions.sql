create table stage_transitions (
    id uuid default gen_random_uuid(),
    feature_id uuid,
    from_stage varchar(50),
    to_stage varchar(50) not null,
    "timestamp" timestamp with time zone default now(),
    duration bigint,
    constraint stage_transitions_pkey primary key (id),
    constraint stage_transitions_feature_id_fkey foreign key (feature_id) references features (id) on delete cascade,
    constraint stage_transitions_duration_check check (duration >= 0)
);

create index idx_stage_transitions_feature_timestamp on stage_transitions (feature_id, "timestamp");

comment on table stage_transitions is
    'History of features.current_stage: one row a change, written by the rule that steward.track_stages attaches to features.';
comment on column stage_transitions.id is 'Random UUID (version 4), made by the server.';
comment on column stage_transitions.feature_id is
    'Feature that changed its stage. Deleted with the feature, whose history it is.';
comment on column stage_transitions.from_stage is 'Stage before the change; NULL for the first, when the feature was inserted.';
comment on column stage_transitions.to_stage is 'Stage after the change.';
comment on column stage_transitions."timestamp" is 'When the change was made.';
comment on column stage_transitions.duration is
    'Milliseconds that the feature spent in from_stage, counted from its previous transition; NULL for the first.';
comment on constraint stage_transitions_duration_check on stage_transitions is 'A feature cannot leave a stage before it entered it.';
comment on index idx_stage_transitions_feature_timestamp is
    'History of a feature in order; by it the rule finds the previous transition.';
