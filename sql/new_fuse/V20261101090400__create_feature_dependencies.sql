create table feature_dependencies (
    feature_id uuid not null,
    depends_on uuid not null,
    created_at timestamp with time zone default current_timestamp,
    constraint feature_dependencies_pkey primary key (feature_id, depends_on),
    constraint feature_dependencies_feature_id_fkey foreign key (feature_id) references features (id) on delete cascade,
    constraint feature_dependencies_depends_on_fkey foreign key (depends_on) references features (id) on delete cascade
);

create index idx_feature_dependencies_depends_on on feature_dependencies (depends_on, feature_id);

comment on table feature_dependencies is
    'Which feature needs which other: one row says that feature_id is built on depends_on, which comes first.';
comment on column feature_dependencies.feature_id is
    'Feature that needs the other. Deleted with the feature, as a dependency says nothing once an end is gone.';
comment on column feature_dependencies.depends_on is
    'Feature that is needed. Deleted with the feature too: restricting would refuse even a DELETE of both ends in one statement.';
comment on column feature_dependencies.created_at is 'When the dependency was stated.';
comment on constraint feature_dependencies_pkey on feature_dependencies is
    'A dependency is stated once; its index finds what a feature needs.';
comment on index idx_feature_dependencies_depends_on is 'Finds which features need a given one.';
