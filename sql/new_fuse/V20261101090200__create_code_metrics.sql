create table code_metrics (
    id uuid default gen_random_uuid(),
    feature_id uuid,
    lines_of_code integer default 0,
    tokens_used integer default 0,
    test_coverage double precision,
    modified_files text[],
    new_files text[],
    constraint code_metrics_pkey primary key (id),
    constraint code_metrics_feature_id_key unique (feature_id),
    constraint code_metrics_feature_id_fkey foreign key (feature_id) references features (id) on delete cascade,
    constraint code_metrics_lines_of_code_check check (lines_of_code >= 0),
    constraint code_metrics_tokens_used_check check (tokens_used >= 0),
    constraint code_metrics_test_coverage_check check (test_coverage between 0 and 100)
);

comment on table code_metrics is
    'Size, cost and test coverage of the code of a feature: at most one row a feature.';
comment on column code_metrics.id is 'Random UUID (version 4), made by the server.';
comment on column code_metrics.feature_id is
    'Feature that was measured; NULL if the code belongs to none. Deleted with the feature: metrics say nothing without it.';
comment on column code_metrics.lines_of_code is 'Lines of code that the feature consists of; NULL if not counted.';
comment on column code_metrics.tokens_used is 'Language model tokens spent on the feature; NULL if not counted.';
comment on column code_metrics.test_coverage is 'Share of the lines that tests run, in percent from 0 to 100; NULL if not measured.';
comment on column code_metrics.modified_files is 'Paths of the files that the feature changed; NULL if not collected.';
comment on column code_metrics.new_files is 'Paths of the files that the feature added; NULL if not collected.';
comment on constraint code_metrics_feature_id_key on code_metrics is 'At most one row a feature.';
comment on constraint code_metrics_lines_of_code_check on code_metrics is 'A count is not negative.';
comment on constraint code_metrics_tokens_used_check on code_metrics is 'A count is not negative.';
comment on constraint code_metrics_test_coverage_check on code_metrics is 'A percentage is from 0 to 100; this refuses NaN too.';
