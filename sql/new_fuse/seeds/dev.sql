-- Development data for New Fuse: a small team and its agents, in the autumn of 2026.
--
-- The same rows every time, and run again it changes nothing. Every id is a UUID of version 5, computed beforehand:
-- the namespace is uuid_generate_v5(uuid_ns_url(), 'https://github.com/pg-steward/pg_steward/sql/new_fuse/seeds/dev.sql')
-- = c5ec37e9-8348-58ec-9646-708121ae88f8, and the name is the row's natural key after its table:
--   users/<username>  features/<name>  stage_transitions/<feature>/<1, 2, ...>  code_metrics/<feature>
--   tasks/<title>  messages/<task or "no task">/<1, 2, ...>  attachments/<task>/<filename>
-- To run it with psql: psql --single-transaction --set ON_ERROR_STOP=1 --file dev.sql, as the owner of the tables.

-- No password hashes to "!", so nobody can sign in with these accounts until the application sets a password.
insert into users (id, username, email, password_hash, created_at, updated_at, last_login, status, role) values
    ('9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', 'mara.lindqvist', 'mara.lindqvist@example.com', '!',
     '2026-07-01 08:00+00', '2026-11-13 07:52+00', '2026-11-13 07:52+00', 'active', 'admin'),
    ('908902aa-2f56-58b3-a381-b910fea48882', 'tomas.okafor', 'tomas.okafor@example.com', '!',
     '2026-07-01 08:20+00', '2026-11-13 08:31+00', '2026-11-13 08:31+00', 'active', 'user'),
    ('f8003fb5-a4be-5952-9d94-84ad07e7eb84', 'priya.raman', 'priya.raman@example.com', '!',
     '2026-07-06 09:05+00', '2026-11-12 16:44+00', '2026-11-12 16:44+00', 'active', 'user'),
    ('462a9616-9c55-55da-ac4d-e01ed639adaf', 'jonas.weber', 'jonas.weber@example.com', '!',
     '2026-07-06 09:15+00', '2026-09-30 15:10+00', '2026-09-30 15:10+00', 'inactive', 'user'),
    ('9c78b330-fc6b-5f36-baea-f0edf32db569', 'codewright', 'codewright@agents.example.com', '!',
     '2026-07-20 10:00+00', '2026-11-13 09:00+00', '2026-11-13 09:00+00', 'active', 'agent'),
    ('39cd8edf-8542-5a9d-9515-738c172acfff', 'reviewer', 'reviewer@agents.example.com', '!',
     '2026-07-20 10:05+00', '2026-07-20 10:05+00', null, 'active', 'agent')
on conflict (id) do nothing;

-- The features are inserted in the stage that they have reached, for which the rule writes one transition, dated at the time
-- of the transaction. The history of the story takes its place, for the features that this run has inserted: what was there
-- before is left alone. The block is all or nothing.
do $seed$
declare
    created uuid[];
begin
    with inserted as (
        insert into features (id, name, description, current_stage, start_time, last_updated, completion_percentage,
                              estimated_completion) values
            ('814074e7-249f-5850-be2b-999848738fff', 'Single sign-on',
             'Sign in with the company account instead of a separate password.',
             'released', '2026-08-03 09:00+00', '2026-09-01 11:00+00', 100, '2026-09-01 12:00+00'),
            ('040024d6-3d90-5ad8-8bff-1254076c6feb', 'Audit export',
             'Download who changed what, as CSV, for a chosen period.',
             'released', '2026-08-17 09:00+00', '2026-09-22 11:00+00', 100, '2026-09-18 12:00+00'),
            ('1c5e37a2-a8a2-5e4c-8ee2-654051cc6488', 'Task search',
             'Find tasks by the words in their titles and descriptions.',
             'testing', '2026-09-07 09:00+00', '2026-11-09 15:30+00', 75, '2026-11-20 12:00+00'),
            ('65abff70-addc-557b-8942-df2750ba05e1', 'Message threads',
             'Answer a message, and read the answers together.',
             'development', '2026-09-14 09:00+00', '2026-10-30 10:25+00', 50, '2026-11-27 12:00+00'),
            ('049839ae-42b4-53c5-8735-5361788766f1', 'Agent sandbox',
             'Run the commands of an agent where they cannot harm anything else.',
             'development', '2026-10-05 09:00+00', '2026-10-19 09:30+00', 25, '2026-12-11 12:00+00'),
            ('6278d6b7-59ef-5d21-a88c-f5a15ef04098', 'File previews',
             'See images and documents without downloading them.',
             'testing', '2026-10-01 09:00+00', '2026-11-11 09:20+00', 80, '2026-11-18 12:00+00'),
            ('dfaa67eb-8f20-5064-841b-b5ae7457d813', 'Usage dashboard',
             'Show tokens, time and cost by feature and by month.',
             'design', '2026-11-02 09:00+00', '2026-11-10 10:00+00', 0, '2026-12-18 12:00+00'),
            ('783a33c7-f624-5506-9a84-c20caee1d650', 'Offline mode',
             'Read and write without a connection; send when it is back.',
             'planning', '2026-11-09 09:00+00', '2026-11-09 09:00+00', 0, null)
        on conflict (id) do nothing
        returning id
    )
    select array_agg(inserted.id) into created from inserted;

    delete from stage_transitions where feature_id = any (created);

    insert into stage_transitions (id, feature_id, from_stage, to_stage, "timestamp", duration)
    select
        step.id,
        step.feature_id,
        lag(step.stage) over earlier,
        step.stage,
        step.at,
        (extract(epoch from step.at - lag(step.at) over earlier) * 1000)::bigint
    from (values
        -- Single sign-on
        ('2ffec5fa-b004-52d2-869d-de07f604907a'::uuid, '814074e7-249f-5850-be2b-999848738fff'::uuid,
         'planning', '2026-08-03 09:00+00'::timestamp with time zone),
        ('486d5f87-52a3-5062-82d8-fb806c938d33', '814074e7-249f-5850-be2b-999848738fff',
         'design', '2026-08-05 10:30+00'),
        ('fe21d91b-c480-5d4d-a439-35b1289a4b70', '814074e7-249f-5850-be2b-999848738fff',
         'development', '2026-08-10 09:15+00'),
        ('fbbd28fe-447d-5efe-b8dd-778386a493a7', '814074e7-249f-5850-be2b-999848738fff',
         'testing', '2026-08-24 14:00+00'),
        ('a06a1bac-9711-5b2c-915d-1bc323e41210', '814074e7-249f-5850-be2b-999848738fff',
         'released', '2026-09-01 11:00+00'),
        -- Audit export
        ('3a9b8c2a-14e1-5793-adc9-624d64ba125f', '040024d6-3d90-5ad8-8bff-1254076c6feb',
         'planning', '2026-08-17 09:00+00'),
        ('4833d550-57f4-5348-9c4b-262f7e06a100', '040024d6-3d90-5ad8-8bff-1254076c6feb',
         'design', '2026-08-20 13:00+00'),
        ('95e7c344-90de-542b-a352-ff823dc5da8a', '040024d6-3d90-5ad8-8bff-1254076c6feb',
         'development', '2026-09-02 09:30+00'),
        ('b5e84275-2793-5c96-87aa-6446b515afd0', '040024d6-3d90-5ad8-8bff-1254076c6feb',
         'testing', '2026-09-14 10:00+00'),
        ('7a7b626a-f83b-50b2-aed2-df83e9fe4196', '040024d6-3d90-5ad8-8bff-1254076c6feb',
         'development', '2026-09-15 16:20+00'),
        ('3b1c89de-5324-5378-b794-ad807f18ad72', '040024d6-3d90-5ad8-8bff-1254076c6feb',
         'released', '2026-09-22 11:00+00'),
        -- Task search
        ('1784d817-3936-5762-936b-40d621bc0013', '1c5e37a2-a8a2-5e4c-8ee2-654051cc6488',
         'planning', '2026-09-07 09:00+00'),
        ('bf2488b3-6136-59ff-9d41-1664c1867f47', '1c5e37a2-a8a2-5e4c-8ee2-654051cc6488',
         'design', '2026-09-09 11:00+00'),
        ('14fd67eb-f750-591f-9201-c0885a07e841', '1c5e37a2-a8a2-5e4c-8ee2-654051cc6488',
         'development', '2026-09-16 09:45+00'),
        ('eff16580-b23e-5d60-bf22-6d0a36040380', '1c5e37a2-a8a2-5e4c-8ee2-654051cc6488',
         'testing', '2026-11-09 15:30+00'),
        -- Message threads
        ('bc396307-a1b8-5b12-9235-b769881742a3', '65abff70-addc-557b-8942-df2750ba05e1',
         'planning', '2026-09-14 09:00+00'),
        ('bc1ef635-8465-5849-9ac1-8621afabc3fa', '65abff70-addc-557b-8942-df2750ba05e1',
         'design', '2026-09-21 10:00+00'),
        ('aabffbcf-9c2d-559e-a4c2-ea22321e6679', '65abff70-addc-557b-8942-df2750ba05e1',
         'development', '2026-09-29 09:10+00'),
        ('cddc33eb-f485-577d-90de-5850705ffdea', '65abff70-addc-557b-8942-df2750ba05e1',
         'testing', '2026-10-26 13:40+00'),
        ('312e89da-d5b4-51d8-b628-3c9663bd923d', '65abff70-addc-557b-8942-df2750ba05e1',
         'development', '2026-10-30 10:25+00'),
        -- Agent sandbox
        ('d5524296-7619-5c3d-b38a-3e6e5edc96b0', '049839ae-42b4-53c5-8735-5361788766f1',
         'planning', '2026-10-05 09:00+00'),
        ('4e3bab9d-cc38-54ce-96cd-9696d96f346d', '049839ae-42b4-53c5-8735-5361788766f1',
         'design', '2026-10-08 14:15+00'),
        ('d296054b-ae81-56c6-ac5b-993a6317b978', '049839ae-42b4-53c5-8735-5361788766f1',
         'development', '2026-10-19 09:30+00'),
        -- File previews
        ('facdabf6-347b-58d3-951e-ee716167f26b', '6278d6b7-59ef-5d21-a88c-f5a15ef04098',
         'planning', '2026-10-01 09:00+00'),
        ('29c1ecf3-059e-5fdd-84ff-063e764fb366', '6278d6b7-59ef-5d21-a88c-f5a15ef04098',
         'design', '2026-10-06 09:30+00'),
        ('f6ec9bfd-4736-5dc8-a895-33af41f49931', '6278d6b7-59ef-5d21-a88c-f5a15ef04098',
         'development', '2026-10-13 11:00+00'),
        ('e0ac0758-8fca-5a93-9bf9-207e795d68ee', '6278d6b7-59ef-5d21-a88c-f5a15ef04098',
         'testing', '2026-11-11 09:20+00'),
        -- Usage dashboard
        ('d4405096-6042-5b43-8d38-b576ad31af58', 'dfaa67eb-8f20-5064-841b-b5ae7457d813',
         'planning', '2026-11-02 09:00+00'),
        ('8e242fc0-7b51-5d5a-befa-bea58aad6c8f', 'dfaa67eb-8f20-5064-841b-b5ae7457d813',
         'design', '2026-11-10 10:00+00'),
        -- Offline mode
        ('211b029c-b129-53f4-9b4c-2e378a839279', '783a33c7-f624-5506-9a84-c20caee1d650',
         'planning', '2026-11-09 09:00+00')
    ) as step (id, feature_id, stage, at)
    where step.feature_id = any (created)
    window earlier as (partition by step.feature_id order by step.at);
end
$seed$;

insert into feature_dependencies (feature_id, depends_on, created_at) values
    -- Audit export needs Single sign-on
    ('040024d6-3d90-5ad8-8bff-1254076c6feb', '814074e7-249f-5850-be2b-999848738fff', '2026-08-20 13:30+00'),
    -- Message threads needs Single sign-on
    ('65abff70-addc-557b-8942-df2750ba05e1', '814074e7-249f-5850-be2b-999848738fff', '2026-09-21 10:10+00'),
    -- Agent sandbox needs Single sign-on
    ('049839ae-42b4-53c5-8735-5361788766f1', '814074e7-249f-5850-be2b-999848738fff', '2026-10-08 14:30+00'),
    -- Usage dashboard needs Audit export
    ('dfaa67eb-8f20-5064-841b-b5ae7457d813', '040024d6-3d90-5ad8-8bff-1254076c6feb', '2026-11-02 09:20+00'),
    -- Usage dashboard needs Agent sandbox
    ('dfaa67eb-8f20-5064-841b-b5ae7457d813', '049839ae-42b4-53c5-8735-5361788766f1', '2026-11-02 09:21+00'),
    -- Usage dashboard needs Task search
    ('dfaa67eb-8f20-5064-841b-b5ae7457d813', '1c5e37a2-a8a2-5e4c-8ee2-654051cc6488', '2026-11-10 10:15+00'),
    -- Offline mode needs Message threads
    ('783a33c7-f624-5506-9a84-c20caee1d650', '65abff70-addc-557b-8942-df2750ba05e1', '2026-11-09 09:30+00'),
    -- Offline mode needs File previews
    ('783a33c7-f624-5506-9a84-c20caee1d650', '6278d6b7-59ef-5d21-a88c-f5a15ef04098', '2026-11-09 09:31+00')
on conflict (feature_id, depends_on) do nothing;

insert into code_metrics (id, feature_id, lines_of_code, tokens_used, test_coverage, modified_files, new_files) values
    -- Single sign-on
    ('b857a1e2-da09-533e-9e11-a2eceacd8b00', '814074e7-249f-5850-be2b-999848738fff', 1840, 412000, 91.5,
     '{src/session.ts,src/routes.ts}', '{src/auth/provider.ts,src/auth/callback.ts}'),
    -- Audit export
    ('fe1356cd-110a-50d8-a110-c0ec8aa243b4', '040024d6-3d90-5ad8-8bff-1254076c6feb', 620, 138500, 94,
     '{src/routes.ts}', '{src/audit/export.ts,src/audit/csv.ts}'),
    -- Task search
    ('51a5d675-a3e3-5887-b498-c7c50f2abffd', '1c5e37a2-a8a2-5e4c-8ee2-654051cc6488', 910, 221000, 87.25,
     '{src/tasks/list.ts}', '{src/tasks/search.ts}'),
    -- Message threads
    ('4d0445a8-1e9a-59fc-8840-03d6c6b45205', '65abff70-addc-557b-8942-df2750ba05e1', 1275, 305400, 72.5,
     '{src/messages/list.ts,src/messages/store.ts}', '{src/messages/thread.ts}'),
    -- Agent sandbox
    ('d9184eb5-6ec9-57c0-9a87-109b3853fd5e', '049839ae-42b4-53c5-8735-5361788766f1', 540, 96700, null,
     '{}', '{src/sandbox/limits.ts,src/sandbox/run.ts}'),
    -- File previews
    ('a4899a41-1c36-5eb1-8115-441e4127d171', '6278d6b7-59ef-5d21-a88c-f5a15ef04098', 1130, 187300, 83,
     '{src/attachments/store.ts}', '{src/attachments/preview.ts,src/attachments/limits.ts}')
on conflict do nothing;

-- Ordered by feature; the completion_percentage of a feature is the share of its tasks that are completed.
insert into tasks (id, title, description, status, priority, created_by, assigned_to, created_at, updated_at,
                   completed_at, due_date, feature_id) values
    -- Single sign-on
    ('87522aa9-854b-597d-9f4b-a6d2fded5581', 'Choose the identity provider',
     'Compare the three that the company already pays for.', 'completed', 2,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', '908902aa-2f56-58b3-a381-b910fea48882', -- mara.lindqvist for tomas.okafor
     '2026-08-03 09:30+00', '2026-08-05 10:00+00', '2026-08-05 10:00+00', '2026-08-06 17:00+00',
     '814074e7-249f-5850-be2b-999848738fff'),
    ('df169283-674e-527e-8d4a-0c2054607612', 'Exchange the code for a token',
     'Authorization code flow with PKCE.', 'completed', 2,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- mara.lindqvist for codewright
     '2026-08-10 09:20+00', '2026-08-14 15:05+00', '2026-08-14 15:05+00', '2026-08-17 17:00+00',
     '814074e7-249f-5850-be2b-999848738fff'),
    ('782ccd7b-6541-5747-a2a3-199085548c25', 'Link accounts that exist already',
     'Match by address after both are verified.', 'completed', 1,
     '908902aa-2f56-58b3-a381-b910fea48882', '462a9616-9c55-55da-ac4d-e01ed639adaf', -- tomas.okafor for jonas.weber
     '2026-08-10 09:40+00', '2026-08-21 11:30+00', '2026-08-21 11:30+00', '2026-08-21 17:00+00',
     '814074e7-249f-5850-be2b-999848738fff'),
    ('a37b64cf-1928-5b0d-9366-c9a5bc30612d', 'Review the sign-in flow',
     'Replay, fixation and open redirects.', 'completed', 3,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', '39cd8edf-8542-5a9d-9515-738c172acfff', -- mara.lindqvist for reviewer
     '2026-08-24 14:10+00', '2026-08-28 16:00+00', '2026-08-28 16:00+00', '2026-08-28 17:00+00',
     '814074e7-249f-5850-be2b-999848738fff'),
    -- Audit export
    ('66b9aebd-8ca3-5cf4-9f9a-651a39ca414a', 'List the columns of the export',
     null, 'completed', 1,
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', '462a9616-9c55-55da-ac4d-e01ed639adaf', -- priya.raman for jonas.weber
     '2026-08-17 09:30+00', '2026-08-20 12:40+00', '2026-08-20 12:40+00', '2026-08-21 17:00+00',
     '040024d6-3d90-5ad8-8bff-1254076c6feb'),
    ('979d6c3f-67b9-5900-8253-3bb1ba861a37', 'Stream rows instead of collecting them',
     'A year of history must not fit into memory.', 'completed', 2,
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- priya.raman for codewright
     '2026-09-02 09:45+00', '2026-09-10 14:20+00', '2026-09-10 14:20+00', '2026-09-11 17:00+00',
     '040024d6-3d90-5ad8-8bff-1254076c6feb'),
    ('9d8c658c-5b20-5ea5-a829-2d64c496dcb8', 'Escape cells that begin with a formula',
     'Spreadsheets run what begins with =, +, - or @.', 'completed', 3,
     '39cd8edf-8542-5a9d-9515-738c172acfff', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- reviewer for codewright
     '2026-09-14 11:15+00', '2026-09-18 09:50+00', '2026-09-18 09:50+00', '2026-09-18 17:00+00',
     '040024d6-3d90-5ad8-8bff-1254076c6feb'),
    ('bb86b8ab-bbc5-5e2c-8d21-32b5d25b29b4', 'Document the export',
     null, 'completed', 0,
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', '462a9616-9c55-55da-ac4d-e01ed639adaf', -- priya.raman for jonas.weber
     '2026-09-15 09:00+00', '2026-09-21 15:45+00', '2026-09-21 15:45+00', '2026-09-22 17:00+00',
     '040024d6-3d90-5ad8-8bff-1254076c6feb'),
    -- Task search
    ('f9144f3f-8adb-5250-a590-013c5c4a09ed', 'Index titles and descriptions',
     'One generated column and one GIN index.', 'completed', 2,
     '908902aa-2f56-58b3-a381-b910fea48882', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- tomas.okafor for codewright
     '2026-09-16 10:00+00', '2026-09-24 13:15+00', '2026-09-24 13:15+00', '2026-09-25 17:00+00',
     '1c5e37a2-a8a2-5e4c-8ee2-654051cc6488'),
    ('878a9b56-83d3-5194-ada8-eb7b9d39e5ff', 'Rank exact titles first',
     null, 'completed', 1,
     '908902aa-2f56-58b3-a381-b910fea48882', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- tomas.okafor for codewright
     '2026-09-25 09:20+00', '2026-10-07 10:40+00', '2026-10-07 10:40+00', '2026-10-09 17:00+00',
     '1c5e37a2-a8a2-5e4c-8ee2-654051cc6488'),
    ('56759351-52bd-5ff7-9d4a-660310afec28', 'Search box with keyboard control',
     null, 'completed', 1,
     '908902aa-2f56-58b3-a381-b910fea48882', 'f8003fb5-a4be-5952-9d94-84ad07e7eb84', -- tomas.okafor for priya.raman
     '2026-09-28 08:50+00', '2026-11-06 16:30+00', '2026-11-06 16:30+00', '2026-11-06 17:00+00',
     '1c5e37a2-a8a2-5e4c-8ee2-654051cc6488'),
    ('9e0efb45-d815-50b4-b887-1fffca18c437', 'Measure with a million tasks',
     'The slowest query has to stay below 200 ms.', 'in_progress', 2,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', '39cd8edf-8542-5a9d-9515-738c172acfff', -- mara.lindqvist for reviewer
     '2026-11-09 15:40+00', '2026-11-12 09:10+00', null, '2026-11-18 17:00+00',
     '1c5e37a2-a8a2-5e4c-8ee2-654051cc6488'),
    -- Message threads
    ('d123249c-f90b-5d6d-9e4d-ab5f1b904317', 'Store the message that is answered',
     null, 'completed', 2,
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- priya.raman for codewright
     '2026-09-29 09:30+00', '2026-10-08 11:00+00', '2026-10-08 11:00+00', '2026-10-09 17:00+00',
     '65abff70-addc-557b-8942-df2750ba05e1'),
    ('066bff2b-1fa5-5f96-b04d-33749f4983e8', 'Show a thread beside the list',
     null, 'completed', 1,
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', '908902aa-2f56-58b3-a381-b910fea48882', -- priya.raman for tomas.okafor
     '2026-10-05 13:00+00', '2026-10-23 15:25+00', '2026-10-23 15:25+00', '2026-10-23 17:00+00',
     '65abff70-addc-557b-8942-df2750ba05e1'),
    ('a7972f35-459c-506b-874c-b4ef36591847', 'Keep the order when clocks differ',
     'Answers from two machines appeared before their questions.', 'in_progress', 3,
     '39cd8edf-8542-5a9d-9515-738c172acfff', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- reviewer for codewright
     '2026-10-30 10:30+00', '2026-11-11 14:45+00', null, '2026-11-20 17:00+00',
     '65abff70-addc-557b-8942-df2750ba05e1'),
    ('a79a737c-f142-536d-a2e5-1ffe4ba6e5ae', 'Count unread answers',
     null, 'pending', 0,
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', null, -- priya.raman for nobody yet
     '2026-11-02 11:00+00', '2026-11-02 11:00+00', null, '2026-11-25 17:00+00',
     '65abff70-addc-557b-8942-df2750ba05e1'),
    -- Agent sandbox
    ('d84e86dc-8b88-540b-9bef-92ab71646e50', 'Compare containers and micro virtual machines',
     null, 'completed', 2,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', '908902aa-2f56-58b3-a381-b910fea48882', -- mara.lindqvist for tomas.okafor
     '2026-10-05 09:45+00', '2026-10-16 16:10+00', '2026-10-16 16:10+00', '2026-10-16 17:00+00',
     '049839ae-42b4-53c5-8735-5361788766f1'),
    ('040c986d-52dd-566a-be9a-d14bc2d6aa08', 'Limit time, memory and disk',
     null, 'in_progress', 2,
     '908902aa-2f56-58b3-a381-b910fea48882', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- tomas.okafor for codewright
     '2026-10-19 09:40+00', '2026-11-10 10:20+00', null, '2026-11-24 17:00+00',
     '049839ae-42b4-53c5-8735-5361788766f1'),
    ('e42b2eb4-99c9-5c3b-8e47-573e7e9470bc', 'Allow network access by list',
     'Everything else is refused, name resolution included.', 'in_progress', 3,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', '908902aa-2f56-58b3-a381-b910fea48882', -- mara.lindqvist for tomas.okafor
     '2026-10-19 10:00+00', '2026-11-12 13:30+00', null, '2026-11-27 17:00+00',
     '049839ae-42b4-53c5-8735-5361788766f1'),
    ('88d7fc19-39e5-5183-9cd4-fa6a8acda55f', 'Keep the output of every command',
     null, 'pending', 1,
     '908902aa-2f56-58b3-a381-b910fea48882', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- tomas.okafor for codewright
     '2026-10-20 08:30+00', '2026-10-20 08:30+00', null, '2026-12-04 17:00+00',
     '049839ae-42b4-53c5-8735-5361788766f1'),
    -- File previews
    ('883fa70a-fc71-5aad-8650-cd92a9eae193', 'Make thumbnails of images',
     null, 'completed', 1,
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- priya.raman for codewright
     '2026-10-13 11:10+00', '2026-10-20 14:00+00', '2026-10-20 14:00+00', '2026-10-21 17:00+00',
     '6278d6b7-59ef-5d21-a88c-f5a15ef04098'),
    ('3a14c224-6de2-5416-b272-efe9139a631e', 'Render the first page of a document',
     null, 'completed', 1,
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- priya.raman for codewright
     '2026-10-13 11:20+00', '2026-10-29 10:35+00', '2026-10-29 10:35+00', '2026-10-30 17:00+00',
     '6278d6b7-59ef-5d21-a88c-f5a15ef04098'),
    ('6fb4be0d-99f7-5882-9a15-5a1deb079bc5', 'Refuse files that expand without end',
     'A preview may use 50 MB and two seconds.', 'completed', 3,
     '39cd8edf-8542-5a9d-9515-738c172acfff', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- reviewer for codewright
     '2026-10-21 09:00+00', '2026-11-04 12:15+00', '2026-11-04 12:15+00', '2026-11-04 17:00+00',
     '6278d6b7-59ef-5d21-a88c-f5a15ef04098'),
    ('1b38f9c8-8186-5573-b6a3-6863f3d6b076', 'Delete previews with their files',
     null, 'completed', 0,
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', '908902aa-2f56-58b3-a381-b910fea48882', -- priya.raman for tomas.okafor
     '2026-10-22 15:10+00', '2026-11-10 09:55+00', '2026-11-10 09:55+00', '2026-11-11 17:00+00',
     '6278d6b7-59ef-5d21-a88c-f5a15ef04098'),
    ('a5f40d7d-aa06-5682-b097-69e0e5de922a', 'Try the previews on old phones',
     null, 'in_progress', 1,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', 'f8003fb5-a4be-5952-9d94-84ad07e7eb84', -- mara.lindqvist for priya.raman
     '2026-11-11 09:30+00', '2026-11-12 15:00+00', null, '2026-11-17 17:00+00',
     '6278d6b7-59ef-5d21-a88c-f5a15ef04098'),
    -- Usage dashboard
    ('f305c28c-0414-5004-bbef-fcf2fa6613d5', 'Agree on what a month is',
     'Time zones, and months that are not over.', 'in_progress', 1,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', 'f8003fb5-a4be-5952-9d94-84ad07e7eb84', -- mara.lindqvist for priya.raman
     '2026-11-02 09:40+00', '2026-11-10 10:30+00', null, '2026-11-19 17:00+00',
     'dfaa67eb-8f20-5064-841b-b5ae7457d813'),
    ('d176e4f3-48db-52ea-a4a6-8806174db6e6', 'Sketch the three views',
     null, 'pending', 1,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', 'f8003fb5-a4be-5952-9d94-84ad07e7eb84', -- mara.lindqvist for priya.raman
     '2026-11-10 10:20+00', '2026-11-10 10:20+00', null, '2026-11-23 17:00+00',
     'dfaa67eb-8f20-5064-841b-b5ae7457d813'),
    ('58a7eda9-a900-5f99-bfd1-26fb140c6e5c', 'Add up tokens by feature',
     null, 'pending', 0,
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', '9c78b330-fc6b-5f36-baea-f0edf32db569', -- priya.raman for codewright
     '2026-11-10 10:40+00', '2026-11-10 10:40+00', null, '2026-12-04 17:00+00',
     'dfaa67eb-8f20-5064-841b-b5ae7457d813'),
    -- Offline mode
    ('aa8e1654-7733-5abe-87e9-e29d46dc75ab', 'Collect what people need on trains',
     null, 'pending', 1,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', 'f8003fb5-a4be-5952-9d94-84ad07e7eb84', -- mara.lindqvist for priya.raman
     '2026-11-09 09:40+00', '2026-11-09 09:40+00', null, '2026-11-30 17:00+00',
     '783a33c7-f624-5506-9a84-c20caee1d650'),
    ('2cf287cb-fbe6-5ccd-a41f-6d137b93a4d7', 'Decide how conflicts are merged',
     null, 'pending', 2,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', null, -- mara.lindqvist for nobody yet
     '2026-11-09 09:50+00', '2026-11-09 09:50+00', null, null,
     '783a33c7-f624-5506-9a84-c20caee1d650'),
    -- Without a feature
    ('e5a7042b-e6a6-5a67-8b19-e142230e7ee4', 'Renew the certificate of the build server',
     null, 'completed', 3,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', '908902aa-2f56-58b3-a381-b910fea48882', -- mara.lindqvist for tomas.okafor
     '2026-10-12 08:10+00', '2026-10-12 09:05+00', '2026-10-12 09:05+00', '2026-10-14 17:00+00',
     null),
    ('bf5b7dd6-f19b-56e9-b13f-27194c9b48c5', 'Plan the December release',
     null, 'pending', 1,
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', -- mara.lindqvist for mara.lindqvist
     '2026-11-12 09:00+00', '2026-11-12 09:00+00', null, '2026-11-27 17:00+00',
     null)
on conflict (id) do nothing;

insert into messages (id, content, sender_id, task_id, created_at, updated_at, type, status) values
    -- tomas.okafor, on Choose the identity provider
    ('c0529945-570b-56e6-a86f-0830eaeada00',
     'The second one supports key rotation without a restart. I would take that.',
     '908902aa-2f56-58b3-a381-b910fea48882', '87522aa9-854b-597d-9f4b-a6d2fded5581',
     '2026-08-04 14:20+00', '2026-08-04 14:20+00', 'text', 'read'),
    -- mara.lindqvist, on Choose the identity provider
    ('fb9aab9d-c22b-5d9b-a4a7-91e8b566b34d',
     'Agreed. Please note the reason in the decision log.',
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', '87522aa9-854b-597d-9f4b-a6d2fded5581',
     '2026-08-04 15:02+00', '2026-08-04 15:02+00', 'text', 'read'),
    -- reviewer, on Review the sign-in flow
    ('eb33e804-62e8-5077-9e2c-78b84fd04602',
     'The state parameter is compared after the code is used. It has to be before.',
     '39cd8edf-8542-5a9d-9515-738c172acfff', 'a37b64cf-1928-5b0d-9366-c9a5bc30612d',
     '2026-08-26 10:12+00', '2026-08-26 10:12+00', 'text', 'read'),
    -- codewright, on Review the sign-in flow
    ('57f8902e-49c7-5e7b-8c5d-b93b6808b183',
     'Fixed and covered by a test; the log of the run is attached.',
     '9c78b330-fc6b-5f36-baea-f0edf32db569', 'a37b64cf-1928-5b0d-9366-c9a5bc30612d',
     '2026-08-26 13:48+00', '2026-08-26 13:48+00', 'text', 'read'),
    -- reviewer, on Escape cells that begin with a formula
    ('3a295081-8586-52d4-9e8d-aff714b2e314',
     'A cell that begins with a tab is run as well.',
     '39cd8edf-8542-5a9d-9515-738c172acfff', '9d8c658c-5b20-5ea5-a829-2d64c496dcb8',
     '2026-09-16 09:33+00', '2026-09-16 09:33+00', 'text', 'read'),
    -- codewright, on Escape cells that begin with a formula
    ('0d369823-b76b-59f3-ab33-cc2618060bd0',
     'Added. The example file now has all five cases.',
     '9c78b330-fc6b-5f36-baea-f0edf32db569', '9d8c658c-5b20-5ea5-a829-2d64c496dcb8',
     '2026-09-16 11:05+00', '2026-09-16 11:05+00', 'text', 'read'),
    -- reviewer, on Measure with a million tasks
    ('7f574924-54c5-5894-af32-5290e6e22fe3',
     'Median 38 ms, slowest 171 ms, on the staging server. The plan is attached.',
     '39cd8edf-8542-5a9d-9515-738c172acfff', '9e0efb45-d815-50b4-b887-1fffca18c437',
     '2026-11-11 17:20+00', '2026-11-11 17:20+00', 'text', 'read'),
    -- mara.lindqvist, on Measure with a million tasks
    ('250f201c-d0a2-5385-bb61-4a606e80b301',
     'Good. Please repeat it while the nightly import runs.',
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', '9e0efb45-d815-50b4-b887-1fffca18c437',
     '2026-11-12 09:10+00', '2026-11-12 09:10+00', 'text', 'delivered'),
    -- priya.raman, on Keep the order when clocks differ
    ('89b929a6-ed29-502a-8c08-833cca1ea106',
     'Reproduced with two machines five seconds apart; see the picture.',
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', 'a7972f35-459c-506b-874c-b4ef36591847',
     '2026-10-30 10:50+00', '2026-10-30 10:50+00', 'text', 'read'),
    -- codewright, on Keep the order when clocks differ
    ('2aa33a58-d2f0-5a4e-a66b-37f1182034ed',
     'I suggest to order by the number that the server gives, and to show the time only.',
     '9c78b330-fc6b-5f36-baea-f0edf32db569', 'a7972f35-459c-506b-874c-b4ef36591847',
     '2026-11-11 14:45+00', '2026-11-11 14:45+00', 'text', 'delivered'),
    -- codewright, on Limit time, memory and disk
    ('7e921e24-f7e9-5beb-9dbc-b234079b717e',
     'Disk is limited by quota now. Memory is next.',
     '9c78b330-fc6b-5f36-baea-f0edf32db569', '040c986d-52dd-566a-be9a-d14bc2d6aa08',
     '2026-11-10 10:20+00', '2026-11-10 10:20+00', 'text', 'read'),
    -- priya.raman, on Agree on what a month is
    ('97bb91fb-6468-56f5-b2e4-7f262a3f5f30',
     'Finance closes the month in UTC, so that is what we show.',
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', 'f305c28c-0414-5004-bbef-fcf2fa6613d5',
     '2026-11-10 10:30+00', '2026-11-10 10:30+00', 'text', 'sent'),
    -- priya.raman, on Try the previews on old phones
    ('007bf675-c23d-5e9b-a7ea-7bf4ee5de4d2',
     'Pictures are fine. Documents take four seconds to open.',
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', 'a5f40d7d-aa06-5682-b097-69e0e5de922a',
     '2026-11-12 15:00+00', '2026-11-12 15:00+00', 'text', 'sent'),
    -- The system, on Renew the certificate of the build server
    ('61228083-2db9-5135-bd91-195e042c7ec6',
     'The certificate expires in 14 days.',
     null, 'e5a7042b-e6a6-5a67-8b19-e142230e7ee4',
     '2026-10-12 08:05+00', '2026-10-12 08:05+00', 'system', 'sent'),
    -- mara.lindqvist, on no task
    ('a2da0ba7-89ef-5d0e-b79e-90ae9e5f71e9',
     'The office is closed on 24 and 25 December.',
     '9c95c614-8ca9-59b0-a11b-8c9ae871e6aa', null,
     '2026-11-12 09:15+00', '2026-11-12 09:15+00', 'text', 'sent')
on conflict (id) do nothing;

insert into attachments (id, filename, file_path, mime_type, size_bytes, message_id, task_id, uploaded_by, created_at) values
    -- tomas.okafor, on Choose the identity provider
    ('fbc4dfff-703d-5fa7-b08e-dd962d10aaa6', 'provider-comparison.pdf',
     'uploads/2026/08/provider-comparison.pdf', 'application/pdf', 184320,
     null, '87522aa9-854b-597d-9f4b-a6d2fded5581',
     '908902aa-2f56-58b3-a381-b910fea48882', '2026-08-04 14:05+00'),
    -- codewright, on Review the sign-in flow
    ('cc79af30-b590-5707-9634-46420adda0f1', 'sign-in-tests.log',
     'uploads/2026/08/sign-in-tests.log', 'text/plain', 20871,
     '57f8902e-49c7-5e7b-8c5d-b93b6808b183', 'a37b64cf-1928-5b0d-9366-c9a5bc30612d',
     '9c78b330-fc6b-5f36-baea-f0edf32db569', '2026-08-26 13:48+00'),
    -- codewright, on Escape cells that begin with a formula
    ('00fa8692-2beb-551c-a577-3389ebaf3124', 'formula-cells.csv',
     'uploads/2026/09/formula-cells.csv', 'text/csv', 412,
     '0d369823-b76b-59f3-ab33-cc2618060bd0', '9d8c658c-5b20-5ea5-a829-2d64c496dcb8',
     '9c78b330-fc6b-5f36-baea-f0edf32db569', '2026-09-16 11:05+00'),
    -- reviewer, on Measure with a million tasks
    ('c92ddbfa-bd66-5573-81af-d63e976fa026', 'search-plan.json',
     'uploads/2026/11/search-plan.json', 'application/json', 9236,
     '7f574924-54c5-5894-af32-5290e6e22fe3', '9e0efb45-d815-50b4-b887-1fffca18c437',
     '39cd8edf-8542-5a9d-9515-738c172acfff', '2026-11-11 17:20+00'),
    -- priya.raman, on Keep the order when clocks differ
    ('ee3f088e-c555-5582-a9fa-1d882ea823cb', 'answers-before-questions.png',
     'uploads/2026/10/answers-before-questions.png', 'image/png', 348160,
     '89b929a6-ed29-502a-8c08-833cca1ea106', 'a7972f35-459c-506b-874c-b4ef36591847',
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', '2026-10-30 10:50+00'),
    -- tomas.okafor, on Compare containers and micro virtual machines
    ('6fadee73-c023-5143-b180-2d109a7e8c54', 'sandbox-options.md',
     'uploads/2026/10/sandbox-options.md', 'text/markdown', 7714,
     null, 'd84e86dc-8b88-540b-9bef-92ab71646e50',
     '908902aa-2f56-58b3-a381-b910fea48882', '2026-10-16 15:55+00'),
    -- priya.raman, on Sketch the three views
    ('8f0f4fe3-a1cf-55b0-9643-bca2f7a8d0fc', 'dashboard-sketch.svg',
     'uploads/2026/11/dashboard-sketch.svg', 'image/svg+xml', 26402,
     null, 'd176e4f3-48db-52ea-a4a6-8806174db6e6',
     'f8003fb5-a4be-5952-9d94-84ad07e7eb84', '2026-11-12 11:40+00')
on conflict (id) do nothing;
