-- Development data for DafnckMachine: a ferry company sells tickets on the phone, in the autumn of 2026.
--
-- The same rows every time, and run again it changes nothing. Every id is a UUID of version 5, computed beforehand:
-- the namespace is uuid_generate_v5(uuid_ns_url(), 'https://github.com/pg-steward/pg_steward/sql/dafnck_machine/seeds/dev.sql')
-- = 4d76e7d5-3670-5834-a05c-c7164fba4295, and the name is the row's natural key after its table:
--   users/<username>  user_profiles/<username>  user_sessions/<token>  projects/<name>
--   project_members/<project>/<username>  tasks/<title>  task_dependencies/<task>/<other task>  documents/<title>
--   document_versions/<document>/<number>  file_attachments/<storage path>
-- To run it with psql: psql --single-transaction --set ON_ERROR_STOP=1 --file dev.sql, as the owner of the tables.

-- The audit log says who brought each row into this database, and when: Noor Haddad, who sets it up.
set local app.current_user_id = '08506aea-6d48-56f8-b6cf-b53bd949c60e';

-- No password hashes to "!", so nobody can sign in with these accounts until the application sets a password.
insert into users (id, email, username, password_hash, first_name, last_name, email_verified, status, created_at, updated_at,
                   last_login_at, metadata) values
    ('08506aea-6d48-56f8-b6cf-b53bd949c60e', 'noor.haddad@example.com', 'noor.haddad', '!',
     'Noor', 'Haddad', true, 'active', '2026-08-31 07:30+00', '2026-11-13 07:50+00',
     '2026-11-13 07:50+00', '{"pronouns": "she/her"}'),
    ('4bbf66a3-1145-5c11-85a1-4088e9fb7717', 'emil.strand@example.com', 'emil.strand', '!',
     'Emil', 'Strand', true, 'active', '2026-08-31 07:45+00', '2026-11-13 08:20+00',
     '2026-11-13 08:20+00', '{"employee": 1041}'),
    ('55742b87-9bf8-539d-a2bd-fac4ad079764', 'yuki.tanabe@example.com', 'yuki.tanabe', '!',
     'Yuki', 'Tanabe', true, 'active', '2026-08-31 07:50+00', '2026-11-12 16:05+00',
     '2026-11-12 16:05+00', '{"employee": 1057}'),
    ('b25f5cf6-bd76-5e1c-ab3e-186286ef7133', 'carlos.vega@example.com', 'carlos.vega', '!',
     'Carlos', 'Vega', true, 'active', '2026-09-14 09:00+00', '2026-11-11 10:40+00',
     '2026-11-11 10:40+00', '{"company": "Vega Design"}'),
    ('d7e9323d-634d-5bff-94c5-2ddafe936b46', 'greta.olsen@example.com', 'greta.olsen', '!',
     'Greta', 'Olsen', true, 'inactive', '2026-08-31 08:10+00', '2026-10-02 15:10+00',
     '2026-10-02 15:10+00', '{"employee": 1012}'),
    ('3206444c-64f4-5f09-bd6b-9905eee94e9d', 'test.robot@example.com', 'test_robot', '!',
     null, null, false, 'active', '2026-09-07 12:00+00', '2026-11-13 02:00+00',
     '2026-11-13 02:00+00', '{"program": true, "runs": "nightly"}'),
    ('ebcfc169-5464-5f83-88f3-36c6e6818959', 'piet.maas@example.com', 'piet.maas', '!',
     'Piet', 'Maas', false, 'deleted', '2026-08-31 08:20+00', '2026-09-18 11:00+00',
     null, '{}')
on conflict (id) do nothing;

insert into user_profiles (id, user_id, bio, location, website_url, social_links, preferences, created_at, updated_at) values
    -- noor.haddad
    ('0c0c1507-dcea-5032-98d4-53f28d42d301', '08506aea-6d48-56f8-b6cf-b53bd949c60e',
     'Runs the ticket project, and the boat at weekends.', 'Harbour office', null,
     '{"mastodon": "@noor@example.com"}', '{"theme": "dark", "mail": {"digest": "weekly"}}', '2026-08-31 09:00+00', '2026-10-05 08:10+00'),
    -- emil.strand
    ('b1626ffd-2332-53aa-b51c-917b77b3c4fa', '4bbf66a3-1145-5c11-85a1-4088e9fb7717',
     'Payments, signatures, and everything that must not be late.', 'Harbour office', null,
     '{}', '{"theme": "light", "keyboard": "vim"}', '2026-08-31 09:10+00', '2026-08-31 09:10+00'),
    -- yuki.tanabe
    ('d41ad999-109c-5327-838c-762399b9babe', '55742b87-9bf8-539d-a2bd-fac4ad079764',
     'Apps for phones that lie in cold hands.', 'Island', null,
     '{"git": "https://git.example.com/yuki"}', '{"theme": "dark", "language": "ja"}', '2026-09-01 08:00+00', '2026-11-02 07:30+00'),
    -- carlos.vega
    ('0b8d5bec-39bf-5428-bed0-6bded8b95575', 'b25f5cf6-bd76-5e1c-ab3e-186286ef7133',
     null, 'Valencia', 'https://vega.example.com',
     '{"portfolio": "https://vega.example.com"}', '{"theme": "light"}', '2026-09-14 09:20+00', '2026-09-14 09:20+00'),
    -- greta.olsen
    ('e8e6736e-4359-5f6b-ad01-4a52435f8781', 'd7e9323d-634d-5bff-94c5-2ddafe936b46',
     'On leave until spring.', null, null,
     '{}', '{}', '2026-09-01 10:00+00', '2026-10-02 15:12+00')
on conflict (id) do nothing;

-- No token hashes to these words, so none of them opens anything.
insert into user_sessions (id, user_id, session_token, refresh_token, expires_at, ip_address, user_agent, is_active, created_at) values
    -- noor.haddad
    ('ce6e546c-b66a-51be-a8e5-499ca102baf5', '08506aea-6d48-56f8-b6cf-b53bd949c60e',
     'not a token: Noor at her desk', 'not a token: Noor at her desk, refresh',
     '2026-11-20 07:50+00', '192.0.2.10', 'Firefox', true, '2026-11-13 07:50+00'),
    -- noor.haddad
    ('26e18b82-34cc-5a8b-9d9d-d616ee04fa31', '08506aea-6d48-56f8-b6cf-b53bd949c60e',
     'not a token: Noor on the boat', 'not a token: Noor on the boat, refresh',
     '2026-11-14 09:15+00', '198.51.100.7', 'Safari, phone', false, '2026-11-07 09:15+00'),
    -- emil.strand
    ('b92cad5c-026a-5bd8-ab7a-ccdf2271bd40', '4bbf66a3-1145-5c11-85a1-4088e9fb7717',
     'not a token: Emil at his desk', 'not a token: Emil at his desk, refresh',
     '2026-11-20 08:20+00', '192.0.2.11', 'Chromium', true, '2026-11-13 08:20+00'),
    -- yuki.tanabe
    ('08c027bd-4ddc-5cbd-a0c5-bfb50826fe97', '55742b87-9bf8-539d-a2bd-fac4ad079764',
     'not a token: Yuki at home', 'not a token: Yuki at home, refresh',
     '2026-11-19 16:05+00', '2001:db8::57', 'Firefox', true, '2026-11-12 16:05+00'),
    -- carlos.vega
    ('851113d5-dfe7-50e3-b06a-44486e9aa822', 'b25f5cf6-bd76-5e1c-ab3e-186286ef7133',
     'not a token: Carlos', 'not a token: Carlos, refresh',
     '2026-11-18 10:40+00', '203.0.113.20', 'Safari', false, '2026-11-11 10:40+00'),
    -- greta.olsen
    ('f8b0fd70-811f-56d3-b271-de4cb2a1ba91', 'd7e9323d-634d-5bff-94c5-2ddafe936b46',
     'not a token: Greta before her leave', 'not a token: Greta before her leave, refresh',
     '2026-10-09 15:10+00', '192.0.2.14', 'Firefox', false, '2026-10-02 15:10+00'),
    -- test_robot
    ('baeb0198-38ca-5bc0-bc6d-5eb6b8350ac4', '3206444c-64f4-5f09-bd6b-9905eee94e9d',
     'not a token: Nightly run', null,
     '2026-11-13 06:00+00', '192.0.2.200', null, false, '2026-11-13 02:00+00')
on conflict (id) do nothing;

-- The progress that the tasks come to, so that the rule finds nothing to write: that would stamp updated_at.
insert into projects (id, name, description, owner_id, status, visibility, settings, created_at, updated_at, archived_at, progress) values
    ('830a5ac6-3abd-5755-9461-34f52fcaae90', 'Tickets on the phone',
     'Passengers buy a ticket on the phone, and show it on a boat without a network.',
     '08506aea-6d48-56f8-b6cf-b53bd949c60e', 'active', 'internal',
     '{"theme": {"colour": "blue", "dark": true}, "hours_a_day": 6}',
     '2026-09-01 07:00+00', '2026-11-02 08:00+00', null, 40),
    ('a57a0804-7152-507a-8aad-c0db18bbbd2f', 'New timetable',
     'Departures come from the timetable office by themselves, and are right on every board.',
     'd7e9323d-634d-5bff-94c5-2ddafe936b46', 'archived', 'public',
     '{"theme": {"colour": "green"}}',
     '2026-08-31 10:00+00', '2026-10-02 14:30+00', '2026-10-02 14:30+00', 100)
on conflict (id) do nothing;

insert into project_members (id, project_id, user_id, role, permissions, joined_at) values
    -- Tickets on the phone: noor.haddad
    ('457bec12-1a2d-5cc5-a0d9-51623fbfe5f7', '830a5ac6-3abd-5755-9461-34f52fcaae90', '08506aea-6d48-56f8-b6cf-b53bd949c60e',
     'owner', '{}', '2026-09-01 07:00+00'),
    -- Tickets on the phone: emil.strand
    ('6c52cadc-f6b1-5410-9f3c-ad8f7a53c650', '830a5ac6-3abd-5755-9461-34f52fcaae90', '4bbf66a3-1145-5c11-85a1-4088e9fb7717',
     'admin', '{"release": true}', '2026-09-01 07:05+00'),
    -- Tickets on the phone: yuki.tanabe
    ('ce1611db-5b5f-5a31-a320-f202aaf5259c', '830a5ac6-3abd-5755-9461-34f52fcaae90', '55742b87-9bf8-539d-a2bd-fac4ad079764',
     'member', '{}', '2026-09-01 07:06+00'),
    -- Tickets on the phone: carlos.vega
    ('160efc2d-1840-5733-a2b2-42cb33a238a9', '830a5ac6-3abd-5755-9461-34f52fcaae90', 'b25f5cf6-bd76-5e1c-ab3e-186286ef7133',
     'viewer', '{"comment": true}', '2026-09-14 09:30+00'),
    -- Tickets on the phone: test_robot
    ('01d4fc24-265a-5c1b-b436-a5bcab8c0294', '830a5ac6-3abd-5755-9461-34f52fcaae90', '3206444c-64f4-5f09-bd6b-9905eee94e9d',
     'member', '{"close_tasks": false}', '2026-09-07 12:05+00'),
    -- New timetable: greta.olsen
    ('452743a5-bc67-55f4-88ff-064bea1a3e36', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', 'd7e9323d-634d-5bff-94c5-2ddafe936b46',
     'owner', '{}', '2026-08-31 10:00+00'),
    -- New timetable: emil.strand
    ('b423f5cd-28d1-5728-bafc-5188fdb34947', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', '4bbf66a3-1145-5c11-85a1-4088e9fb7717',
     'member', '{}', '2026-08-31 10:05+00'),
    -- New timetable: piet.maas
    ('624acd37-957f-57f9-a027-1a661863c41f', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', 'ebcfc169-5464-5f83-88f3-36c6e6818959',
     'member', '{}', '2026-08-31 10:06+00'),
    -- New timetable: noor.haddad
    ('edf8efd0-3781-5585-96df-4733ebc08f71', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', '08506aea-6d48-56f8-b6cf-b53bd949c60e',
     'viewer', '{}', '2026-09-02 08:00+00')
on conflict do nothing;

insert into tasks (id, project_id, parent_task_id, title, description, status, priority, assignee_id, creator_id, due_date,
                   estimated_hours, actual_hours, tags, metadata, created_at, updated_at, completed_at) values
    -- Tickets on the phone
    ('8ec8e844-fadc-51f3-bc1d-b19196ea8fd8', '830a5ac6-3abd-5755-9461-34f52fcaae90', null,
     'Sell a ticket',
     'From the choice of the boat to the receipt.',
     'in_progress', 'urgent', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-11-27 17:00+00',
     null, null, '{shop}', '{}', '2026-09-02 08:00+00', '2026-10-12 09:00+00', null),
    ('36658e04-58dc-53f9-ae74-5f9361ea3303', '830a5ac6-3abd-5755-9461-34f52fcaae90', '8ec8e844-fadc-51f3-bc1d-b19196ea8fd8',
     'Agree on the fares',
     'With the company, the island and the school.',
     'done', 'high', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-09-18 17:00+00',
     12, 16, '{fares}', '{}', '2026-09-02 08:05+00', '2026-09-16 15:20+00', '2026-09-16 15:20+00'),
    ('84f247cc-610d-5325-871f-4b29ac3d0347', '830a5ac6-3abd-5755-9461-34f52fcaae90', '8ec8e844-fadc-51f3-bc1d-b19196ea8fd8',
     'Compute the fare of a journey',
     'Children, bicycles, and the way back.',
     'done', 'high', '55742b87-9bf8-539d-a2bd-fac4ad079764', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-10-02 17:00+00',
     24, 21, '{fares,shop}', '{}', '2026-09-02 08:10+00', '2026-09-30 11:40+00', '2026-09-30 11:40+00'),
    ('a46bc976-1b29-5cd5-89e0-f124209fd5f3', '830a5ac6-3abd-5755-9461-34f52fcaae90', '8ec8e844-fadc-51f3-bc1d-b19196ea8fd8',
     'Choose the payment provider',
     null,
     'done', 'high', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-09-25 17:00+00',
     10, 8, '{payment}', '{}', '2026-09-02 08:15+00', '2026-09-22 14:00+00', '2026-09-22 14:00+00'),
    ('abe60843-5ead-5042-8fa0-00f239915db1', '830a5ac6-3abd-5755-9461-34f52fcaae90', '8ec8e844-fadc-51f3-bc1d-b19196ea8fd8',
     'Pay by card',
     'In the sandbox of the provider first.',
     'in_progress', 'urgent', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-11-18 17:00+00',
     40, 31, '{payment,shop}', '{}', '2026-09-02 08:20+00', '2026-11-12 16:50+00', null),
    ('d95382c9-249f-5a3c-a923-77f8d3ac78a5', '830a5ac6-3abd-5755-9461-34f52fcaae90', '8ec8e844-fadc-51f3-bc1d-b19196ea8fd8',
     'Pay back a ticket',
     'In full until the boat leaves.',
     'pending', 'medium', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-11-25 17:00+00',
     16, null, '{payment}', '{}', '2026-09-02 08:25+00', '2026-09-02 08:25+00', null),
    ('b94ba7c8-5f2d-5093-a64b-02030aa6d0a4', '830a5ac6-3abd-5755-9461-34f52fcaae90', '8ec8e844-fadc-51f3-bc1d-b19196ea8fd8',
     'Send the receipt',
     null,
     'pending', 'low', '55742b87-9bf8-539d-a2bd-fac4ad079764', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-11-26 17:00+00',
     6, null, '{mail}', '{}', '2026-09-02 08:30+00', '2026-09-02 08:30+00', null),
    ('7c54c400-7b3c-5a56-a928-6d62b89c5b41', '830a5ac6-3abd-5755-9461-34f52fcaae90', null,
     'Check a ticket on board',
     'Without a network, at night, in the rain.',
     'in_progress', 'urgent', '55742b87-9bf8-539d-a2bd-fac4ad079764', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-11-30 17:00+00',
     null, null, '{board}', '{}', '2026-09-02 09:00+00', '2026-10-05 09:00+00', null),
    ('30bbc602-65be-5377-bd71-c021bf7e2ee1', '830a5ac6-3abd-5755-9461-34f52fcaae90', '7c54c400-7b3c-5a56-a928-6d62b89c5b41',
     'Decide how tickets are signed',
     'A phone has to see without a network that a ticket is real.',
     'done', 'urgent', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-09-30 17:00+00',
     16, 22, '{security}', '{}', '2026-09-02 09:05+00', '2026-09-29 16:10+00', '2026-09-29 16:10+00'),
    ('8056da99-f1ad-54a9-8cec-3d0c12615716', '830a5ac6-3abd-5755-9461-34f52fcaae90', '7c54c400-7b3c-5a56-a928-6d62b89c5b41',
     'Sign tickets',
     'With a key that changes every month.',
     'done', 'high', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-10-16 17:00+00',
     20, 18, '{security,shop}', '{}', '2026-09-30 08:00+00', '2026-10-14 13:30+00', '2026-10-14 13:30+00'),
    ('8e97e9e5-60f1-54a8-9481-2e7e06dbc900', '830a5ac6-3abd-5755-9461-34f52fcaae90', '7c54c400-7b3c-5a56-a928-6d62b89c5b41',
     'Read the code with the camera',
     null,
     'review', 'high', '55742b87-9bf8-539d-a2bd-fac4ad079764', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-11-16 17:00+00',
     30, 33, '{board,phone}', '{}', '2026-09-02 09:10+00', '2026-11-12 15:40+00', null),
    ('ae2d33ba-48ee-5e08-875d-bc1de57617a4', '830a5ac6-3abd-5755-9461-34f52fcaae90', '7c54c400-7b3c-5a56-a928-6d62b89c5b41',
     'Remember what was checked',
     'So that one ticket does not go aboard twice.',
     'in_progress', 'high', '55742b87-9bf8-539d-a2bd-fac4ad079764', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-11-20 17:00+00',
     18, 7, '{board,phone}', '{}', '2026-10-05 09:30+00', '2026-11-11 09:10+00', null),
    ('7f283b21-b2d6-5e38-9481-84783e7cdd67', '830a5ac6-3abd-5755-9461-34f52fcaae90', '7c54c400-7b3c-5a56-a928-6d62b89c5b41',
     'Bring the keys onto the boats',
     'Every month, when they lie in the harbour.',
     'blocked', 'medium', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-11-24 17:00+00',
     12, null, '{security,board}', '{}', '2026-10-14 14:00+00', '2026-11-03 08:30+00', null),
    ('66a72e07-a2a3-53bb-b6b7-4d459e10882d', '830a5ac6-3abd-5755-9461-34f52fcaae90', null,
     'Draw the screens',
     null,
     'done', 'medium', 'b25f5cf6-bd76-5e1c-ab3e-186286ef7133', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-10-23 17:00+00',
     40, 44, '{design}', '{}', '2026-09-14 10:00+00', '2026-10-21 12:15+00', '2026-10-21 12:15+00'),
    ('211be403-08ef-5547-8592-cace73697db9', '830a5ac6-3abd-5755-9461-34f52fcaae90', '66a72e07-a2a3-53bb-b6b7-4d459e10882d',
     'Draw the purchase',
     'Three screens, one thumb.',
     'done', 'medium', 'b25f5cf6-bd76-5e1c-ab3e-186286ef7133', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-10-09 17:00+00',
     20, 20, '{design}', '{}', '2026-09-14 10:05+00', '2026-10-07 17:00+00', '2026-10-07 17:00+00'),
    ('4e89b338-dfda-5202-bb57-970063aa1d8e', '830a5ac6-3abd-5755-9461-34f52fcaae90', '66a72e07-a2a3-53bb-b6b7-4d459e10882d',
     'Draw the check',
     'Green, red, and nothing else.',
     'done', 'medium', 'b25f5cf6-bd76-5e1c-ab3e-186286ef7133', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-10-21 17:00+00',
     16, 19, '{design}', '{}', '2026-09-14 10:10+00', '2026-10-20 16:20+00', '2026-10-20 16:20+00'),
    ('7ff3f7c7-250e-5aae-949d-0cfa3b4c6d2e', '830a5ac6-3abd-5755-9461-34f52fcaae90', null,
     'Draw a stamp for the paper ticket',
     'There will be no paper tickets.',
     'cancelled', 'low', 'b25f5cf6-bd76-5e1c-ab3e-186286ef7133', '08506aea-6d48-56f8-b6cf-b53bd949c60e', null,
     4, null, '{design}', '{}', '2026-09-14 10:20+00', '2026-09-21 08:00+00', null),
    ('d8c2a0ee-2ff7-55fa-995e-24900a1d623f', '830a5ac6-3abd-5755-9461-34f52fcaae90', null,
     'The purchase hangs when the network goes',
     'Seen on the pier, twice.',
     'pending', 'high', '55742b87-9bf8-539d-a2bd-fac4ad079764', '3206444c-64f4-5f09-bd6b-9905eee94e9d', '2026-11-19 17:00+00',
     8, null, '{bug,phone}', '{"run": "2026-11-09"}', '2026-11-09 02:15+00', '2026-11-09 02:15+00', null),
    ('6c5b692d-a40d-5ffe-97b3-d25aebfde6db', '830a5ac6-3abd-5755-9461-34f52fcaae90', null,
     'No answer after payment on a slow network',
     'The nightly run waits for two minutes.',
     'cancelled', 'medium', null, '3206444c-64f4-5f09-bd6b-9905eee94e9d', null,
     null, null, '{bug}', '{"run": "2026-11-10"}', '2026-11-10 02:15+00', '2026-11-10 08:40+00', null),
    ('c4bbd889-3203-5d52-a6ca-374987189030', '830a5ac6-3abd-5755-9461-34f52fcaae90', null,
     'Try it with fifty passengers',
     'A week on the first boat of the day.',
     'pending', 'high', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-12-11 17:00+00',
     30, null, '{trial}', '{}', '2026-09-02 10:00+00', '2026-09-02 10:00+00', null),
    ('82bc8fff-c008-54a5-9e0b-54cfc779ecaf', '830a5ac6-3abd-5755-9461-34f52fcaae90', null,
     'Write what passengers have to know',
     null,
     'pending', 'medium', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-12-04 17:00+00',
     8, null, '{help}', '{}', '2026-09-02 10:05+00', '2026-09-02 10:05+00', null),
    ('8b87a96c-362c-5692-8ad9-21d6f2e81a40', '830a5ac6-3abd-5755-9461-34f52fcaae90', null,
     'Open it to everybody',
     null,
     'pending', 'urgent', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-12-18 12:00+00',
     4, null, '{release}', '{}', '2026-09-02 10:10+00', '2026-09-02 10:10+00', null),
    -- New timetable
    ('17c6f3c7-2e95-5c6d-b1a7-dd425fe95c11', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', null,
     'Ask the office for a file',
     'With every departure of the year.',
     'done', 'high', 'd7e9323d-634d-5bff-94c5-2ddafe936b46', 'd7e9323d-634d-5bff-94c5-2ddafe936b46', '2026-09-04 17:00+00',
     2, 2, '{import}', '{}', '2026-08-31 10:10+00', '2026-09-02 09:00+00', '2026-09-02 09:00+00'),
    ('bc98725b-2a8a-50da-ba2b-391e9ca183d5', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', null,
     'Read the file',
     'The office writes times past midnight as 25:10.',
     'done', 'high', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', 'd7e9323d-634d-5bff-94c5-2ddafe936b46', '2026-09-11 17:00+00',
     12, 15, '{import}', '{}', '2026-08-31 10:15+00', '2026-09-10 16:00+00', '2026-09-10 16:00+00'),
    ('7887b91d-1e8e-5639-8f3d-dc5ed901d149', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', null,
     'Find what is wrong in it',
     'Boats in two harbours at once.',
     'done', 'medium', 'ebcfc169-5464-5f83-88f3-36c6e6818959', 'd7e9323d-634d-5bff-94c5-2ddafe936b46', '2026-09-16 17:00+00',
     8, 9, '{import}', '{}', '2026-08-31 10:20+00', '2026-09-15 11:30+00', '2026-09-15 11:30+00'),
    ('669c1d3e-624a-5e93-9294-393196fd752d', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', null,
     'Show departures on the boards',
     null,
     'done', 'high', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', 'd7e9323d-634d-5bff-94c5-2ddafe936b46', '2026-09-25 17:00+00',
     16, 14, '{boards}', '{}', '2026-08-31 10:25+00', '2026-09-24 15:45+00', '2026-09-24 15:45+00'),
    ('79dbb9ec-6c6c-568c-9843-142f342ef83a', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', null,
     'Import it every night',
     null,
     'done', 'medium', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', 'd7e9323d-634d-5bff-94c5-2ddafe936b46', '2026-09-30 17:00+00',
     6, 5, '{import}', '{}', '2026-08-31 10:30+00', '2026-09-28 10:00+00', '2026-09-28 10:00+00'),
    ('29e2fdf3-7934-55e5-92cc-c6c3e2b3796b', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', null,
     'Announce departures by voice',
     'The harbour has no loudspeakers any more.',
     'cancelled', 'low', null, 'd7e9323d-634d-5bff-94c5-2ddafe936b46', null,
     null, null, '{boards}', '{}', '2026-09-02 12:00+00', '2026-09-15 08:00+00', null),
    ('475e686f-3227-58c2-9510-efd2cff3b38b', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', null,
     'Explain the boards to the crews',
     null,
     'done', 'medium', 'd7e9323d-634d-5bff-94c5-2ddafe936b46', 'd7e9323d-634d-5bff-94c5-2ddafe936b46', '2026-10-02 12:00+00',
     3, 3, '{help}', '{}', '2026-09-14 08:00+00', '2026-10-01 14:00+00', '2026-10-01 14:00+00'),
    ('4c7f4cb3-c79c-5186-864c-f5143dff86fc', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', null,
     'Switch off the old boards',
     null,
     'done', 'low', 'd7e9323d-634d-5bff-94c5-2ddafe936b46', 'd7e9323d-634d-5bff-94c5-2ddafe936b46', '2026-10-02 17:00+00',
     2, 1, '{boards}', '{}', '2026-09-14 08:05+00', '2026-10-02 13:00+00', '2026-10-02 13:00+00')
on conflict (id) do nothing;

insert into task_dependencies (id, task_id, depends_on_task_id, dependency_type, created_at) values
    -- blocks: Compute the fare of a journey, Agree on the fares
    ('73e4fe3d-dbab-5a98-a8ef-a14ed6208ce6', '84f247cc-610d-5325-871f-4b29ac3d0347',
     '36658e04-58dc-53f9-ae74-5f9361ea3303', 'blocks', '2026-09-02 08:40+00'),
    -- blocks: Pay by card, Choose the payment provider
    ('4e426534-c0a3-50ad-bb38-e13addf6de60', 'abe60843-5ead-5042-8fa0-00f239915db1',
     'a46bc976-1b29-5cd5-89e0-f124209fd5f3', 'blocks', '2026-09-02 08:41+00'),
    -- blocks: Pay by card, Compute the fare of a journey
    ('d85bee67-5b47-55e3-9f39-71b99480736f', 'abe60843-5ead-5042-8fa0-00f239915db1',
     '84f247cc-610d-5325-871f-4b29ac3d0347', 'blocks', '2026-09-02 08:42+00'),
    -- blocks: Pay by card, Draw the purchase
    ('84459fe7-ad8c-5d36-a2c1-a86bd572305b', 'abe60843-5ead-5042-8fa0-00f239915db1',
     '211be403-08ef-5547-8592-cace73697db9', 'blocks', '2026-09-14 10:30+00'),
    -- blocks: Pay back a ticket, Pay by card
    ('2595e9ea-1be9-5f28-9e83-7a2a3b2ee7e1', 'd95382c9-249f-5a3c-a923-77f8d3ac78a5',
     'abe60843-5ead-5042-8fa0-00f239915db1', 'blocks', '2026-09-02 08:43+00'),
    -- blocks: Send the receipt, Pay by card
    ('32d0a9d6-a739-5471-b7d8-28642dd6fa02', 'b94ba7c8-5f2d-5093-a64b-02030aa6d0a4',
     'abe60843-5ead-5042-8fa0-00f239915db1', 'blocks', '2026-09-02 08:44+00'),
    -- blocks: Sign tickets, Decide how tickets are signed
    ('b7a45c7f-eb09-54ae-b26d-2798ea8a3b3b', '8056da99-f1ad-54a9-8cec-3d0c12615716',
     '30bbc602-65be-5377-bd71-c021bf7e2ee1', 'blocks', '2026-09-30 08:05+00'),
    -- blocks: Read the code with the camera, Sign tickets
    ('ebac37c4-dc85-530f-93c7-d0d26dc4d6cc', '8e97e9e5-60f1-54a8-9481-2e7e06dbc900',
     '8056da99-f1ad-54a9-8cec-3d0c12615716', 'blocks', '2026-09-30 08:06+00'),
    -- blocks: Read the code with the camera, Draw the check
    ('11ea7b84-b210-5bef-aeee-92f6144657cc', '8e97e9e5-60f1-54a8-9481-2e7e06dbc900',
     '4e89b338-dfda-5202-bb57-970063aa1d8e', 'blocks', '2026-09-14 10:31+00'),
    -- blocks: Remember what was checked, Sign tickets
    ('19295ef3-6670-5942-92e4-48fbe307a683', 'ae2d33ba-48ee-5e08-875d-bc1de57617a4',
     '8056da99-f1ad-54a9-8cec-3d0c12615716', 'blocks', '2026-10-05 09:35+00'),
    -- blocks: Bring the keys onto the boats, Sign tickets
    ('59089787-0170-5f91-b96c-41f085e29684', '7f283b21-b2d6-5e38-9481-84783e7cdd67',
     '8056da99-f1ad-54a9-8cec-3d0c12615716', 'blocks', '2026-10-14 14:05+00'),
    -- blocks: Bring the keys onto the boats, Remember what was checked
    ('0d1a287b-a1eb-58f0-af33-d5f8773dd5e3', '7f283b21-b2d6-5e38-9481-84783e7cdd67',
     'ae2d33ba-48ee-5e08-875d-bc1de57617a4', 'blocks', '2026-10-14 14:06+00'),
    -- blocks: Try it with fifty passengers, Sell a ticket
    ('a12c666c-a859-588d-9650-08542e840409', 'c4bbd889-3203-5d52-a6ca-374987189030',
     '8ec8e844-fadc-51f3-bc1d-b19196ea8fd8', 'blocks', '2026-09-02 10:20+00'),
    -- blocks: Try it with fifty passengers, Check a ticket on board
    ('52f49f51-5bf0-5efe-a7ba-8aac9f026a54', 'c4bbd889-3203-5d52-a6ca-374987189030',
     '7c54c400-7b3c-5a56-a928-6d62b89c5b41', 'blocks', '2026-09-02 10:21+00'),
    -- blocks: Try it with fifty passengers, Write what passengers have to know
    ('1561ae69-cbd2-5ee4-ae0e-729bb259b44c', 'c4bbd889-3203-5d52-a6ca-374987189030',
     '82bc8fff-c008-54a5-9e0b-54cfc779ecaf', 'blocks', '2026-09-02 10:22+00'),
    -- blocks: Open it to everybody, Try it with fifty passengers
    ('d6d0a3da-d274-5437-bb31-7a156b74ac28', '8b87a96c-362c-5692-8ad9-21d6f2e81a40',
     'c4bbd889-3203-5d52-a6ca-374987189030', 'blocks', '2026-09-02 10:23+00'),
    -- subtask_of: The purchase hangs when the network goes, Sell a ticket
    ('928f470a-b6e6-5c38-840e-e42b419fc719', 'd8c2a0ee-2ff7-55fa-995e-24900a1d623f',
     '8ec8e844-fadc-51f3-bc1d-b19196ea8fd8', 'subtask_of', '2026-11-09 08:30+00'),
    -- duplicates: No answer after payment on a slow network, The purchase hangs when the network goes
    ('f90ae650-7269-527e-b5f0-73c1b2c81e40', '6c5b692d-a40d-5ffe-97b3-d25aebfde6db',
     'd8c2a0ee-2ff7-55fa-995e-24900a1d623f', 'duplicates', '2026-11-10 08:40+00'),
    -- relates_to: The purchase hangs when the network goes, Pay by card
    ('9fd589f4-278c-5dc3-8de0-61eaf8d5b7fd', 'd8c2a0ee-2ff7-55fa-995e-24900a1d623f',
     'abe60843-5ead-5042-8fa0-00f239915db1', 'relates_to', '2026-11-09 08:31+00'),
    -- relates_to: Pay by card, The purchase hangs when the network goes
    ('c19796ab-f237-5c80-89e3-c041e493f122', 'abe60843-5ead-5042-8fa0-00f239915db1',
     'd8c2a0ee-2ff7-55fa-995e-24900a1d623f', 'relates_to', '2026-11-09 08:32+00'),
    -- blocks: Write what passengers have to know, Agree on the fares
    ('e16e065c-6ae3-57e2-acb0-5c509e95817c', '82bc8fff-c008-54a5-9e0b-54cfc779ecaf',
     '36658e04-58dc-53f9-ae74-5f9361ea3303', 'blocks', '2026-09-02 10:24+00'),
    -- blocks: Read the file, Ask the office for a file
    ('7a5b1370-24d2-581a-b816-fff972df4276', 'bc98725b-2a8a-50da-ba2b-391e9ca183d5',
     '17c6f3c7-2e95-5c6d-b1a7-dd425fe95c11', 'blocks', '2026-08-31 10:40+00'),
    -- blocks: Find what is wrong in it, Read the file
    ('4ea62313-859f-5432-bdee-ebc9a025c72e', '7887b91d-1e8e-5639-8f3d-dc5ed901d149',
     'bc98725b-2a8a-50da-ba2b-391e9ca183d5', 'blocks', '2026-08-31 10:41+00'),
    -- blocks: Show departures on the boards, Find what is wrong in it
    ('ca82eb2e-17a1-5464-b92d-b694ccede9a2', '669c1d3e-624a-5e93-9294-393196fd752d',
     '7887b91d-1e8e-5639-8f3d-dc5ed901d149', 'blocks', '2026-08-31 10:42+00'),
    -- blocks: Import it every night, Read the file
    ('a231d98b-e20d-5e01-a9f2-3fa9853dffbb', '79dbb9ec-6c6c-568c-9843-142f342ef83a',
     'bc98725b-2a8a-50da-ba2b-391e9ca183d5', 'blocks', '2026-08-31 10:43+00'),
    -- blocks: Import it every night, Find what is wrong in it
    ('d96bbb83-e02f-54b7-83cc-9e2cd8ba60d6', '79dbb9ec-6c6c-568c-9843-142f342ef83a',
     '7887b91d-1e8e-5639-8f3d-dc5ed901d149', 'blocks', '2026-08-31 10:44+00'),
    -- blocks: Explain the boards to the crews, Show departures on the boards
    ('14cb4756-3143-55a8-b533-15589044afed', '475e686f-3227-58c2-9510-efd2cff3b38b',
     '669c1d3e-624a-5e93-9294-393196fd752d', 'blocks', '2026-09-14 08:10+00'),
    -- blocks: Switch off the old boards, Explain the boards to the crews
    ('2e75e7f4-de0f-520f-b7bf-487b3aea0725', '4c7f4cb3-c79c-5186-864c-f5143dff86fc',
     '475e686f-3227-58c2-9510-efd2cff3b38b', 'blocks', '2026-09-14 08:11+00'),
    -- blocks: Switch off the old boards, Import it every night
    ('ac503425-86da-5579-bc8d-ed781e0260c0', '4c7f4cb3-c79c-5186-864c-f5143dff86fc',
     '79dbb9ec-6c6c-568c-9843-142f342ef83a', 'blocks', '2026-09-14 08:12+00'),
    -- relates_to: Compute the fare of a journey, Read the file
    ('76e27c8c-1423-5cd1-938d-b80ea8df52de', '84f247cc-610d-5325-871f-4b29ac3d0347',
     'bc98725b-2a8a-50da-ba2b-391e9ca183d5', 'relates_to', '2026-09-11 09:00+00')
on conflict do nothing;

-- The rule records the version that a document comes with; those before are its history, and follow.
insert into documents (id, project_id, title, content, author_id, version, status, tags, created_at, updated_at, published_at) values
    ('5c3ea9d4-0c12-5612-882a-8c2aee914bc6', '830a5ac6-3abd-5755-9461-34f52fcaae90', 'Fares and discounts',
     e'# Fares\n\nA journey costs 4.50, and 8.00 there and back. Children pay half. A bicycle costs 2.00, a folded one nothing.',
     '08506aea-6d48-56f8-b6cf-b53bd949c60e', 3, 'published', '{fares}', '2026-09-03 09:00+00', '2026-10-01 09:00+00', '2026-10-01 09:00+00'),
    ('3dfdd901-be11-58da-af66-3e4ea8c24291', '830a5ac6-3abd-5755-9461-34f52fcaae90', 'How tickets are signed',
     'A ticket carries a signature that a phone checks without a network. The key changes every month; boats carry those of this month and of the last. Who loses a phone reports it to the harbour office.',
     '4bbf66a3-1145-5c11-85a1-4088e9fb7717', 3, 'review', '{security}', '2026-09-15 08:00+00', '2026-11-03 08:20+00', null),
    ('a32bf156-0fc8-5410-bc9b-c6d89c1f2a75', '830a5ac6-3abd-5755-9461-34f52fcaae90', 'What passengers have to know',
     null,
     '08506aea-6d48-56f8-b6cf-b53bd949c60e', 1, 'draft', '{help}', '2026-11-10 09:00+00', '2026-11-10 09:00+00', null),
    ('90b8cf14-d9b8-5d8c-9341-edeebd13a247', 'a57a0804-7152-507a-8aad-c0db18bbbd2f', 'What was wrong in the timetable',
     'Nine departures after midnight, one boat in two harbours. All were mended by the office on 25 September.',
     'ebcfc169-5464-5f83-88f3-36c6e6818959', 2, 'archived', '{import}', '2026-09-15 11:00+00', '2026-10-02 14:30+00', '2026-09-15 12:00+00')
on conflict (id) do nothing;

-- The rule gives a version that it records an id of its own, and dates it by the document. Here it gets those of the story.
insert into document_versions (id, document_id, version_number, content, change_summary, author_id, created_at) values
    -- Fares and discounts
    ('6d75280b-361d-5081-9e40-293b7c2614de', '5c3ea9d4-0c12-5612-882a-8c2aee914bc6', 1,
     e'# Fares\n\nA journey costs 4.50.',
     null, '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-09-03 09:00+00'),
    ('a78610c0-7241-5795-8a96-a5fe738aa1bd', '5c3ea9d4-0c12-5612-882a-8c2aee914bc6', 2,
     e'# Fares\n\nA journey costs 4.50, and 8.00 there and back. Children pay half.',
     'As agreed with the island', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-09-16 15:30+00'),
    ('0c0521f1-4c96-5724-9452-b8b6d0cf8924', '5c3ea9d4-0c12-5612-882a-8c2aee914bc6', 3,
     e'# Fares\n\nA journey costs 4.50, and 8.00 there and back. Children pay half. A bicycle costs 2.00, a folded one nothing.',
     'Bicycles', '55742b87-9bf8-539d-a2bd-fac4ad079764', '2026-09-30 11:50+00'),
    -- How tickets are signed
    ('a43a5c8c-e4ef-5557-8ead-f09acca33c06', '3dfdd901-be11-58da-af66-3e4ea8c24291', 1,
     'A ticket carries a signature. The key changes every month.',
     null, '4bbf66a3-1145-5c11-85a1-4088e9fb7717', '2026-09-15 08:00+00'),
    ('f666835e-0f3c-5c12-ac22-156bb22b81a3', '3dfdd901-be11-58da-af66-3e4ea8c24291', 2,
     'A ticket carries a signature that a phone checks without a network. The key changes every month; boats carry those of this month and of the last.',
     'Boats without a network', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', '2026-09-29 16:00+00'),
    ('6f0e8407-66c0-5261-ade9-fca680f37c83', '3dfdd901-be11-58da-af66-3e4ea8c24291', 3,
     'A ticket carries a signature that a phone checks without a network. The key changes every month; boats carry those of this month and of the last. Who loses a phone reports it to the harbour office.',
     'Lost phones', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-11-03 08:20+00'),
    -- What passengers have to know
    ('07157307-a3a6-5a56-ac7e-ecc3d09cb379', 'a32bf156-0fc8-5410-bc9b-c6d89c1f2a75', 1,
     '',
     null, '08506aea-6d48-56f8-b6cf-b53bd949c60e', '2026-11-10 09:00+00'),
    -- What was wrong in the timetable
    ('83f36d33-42e2-5657-8480-512ce056926c', '90b8cf14-d9b8-5d8c-9341-edeebd13a247', 1,
     'Nine departures after midnight, one boat in two harbours.',
     null, 'ebcfc169-5464-5f83-88f3-36c6e6818959', '2026-09-15 11:00+00'),
    ('b83e4299-07a8-5ca1-9aed-31bec4fc18c8', '90b8cf14-d9b8-5d8c-9341-edeebd13a247', 2,
     'Nine departures after midnight, one boat in two harbours. All were mended by the office on 25 September.',
     'What became of it', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', '2026-09-28 10:10+00')
on conflict (document_id, version_number) do update
    set id = excluded.id, change_summary = excluded.change_summary, author_id = excluded.author_id, created_at = excluded.created_at
    where document_versions.id <> excluded.id and document_versions.content = excluded.content;

insert into file_attachments (id, entity_type, entity_id, filename, original_filename, file_size, mime_type, storage_path,
                              uploader_id, metadata, created_at) values
    ('009ae9e2-eb19-5d31-9364-768706906d2b', 'task', '211be403-08ef-5547-8592-cace73697db9',
     'purchase.png', 'Purchase final FINAL.png', 482113, 'image/png',
     'files/2026-10-07/purchase.png', 'b25f5cf6-bd76-5e1c-ab3e-186286ef7133', '{"width": 1170}', '2026-10-07 16:50+00'),
    ('e793db2b-beb7-5487-9cbc-273dfd55d2a9', 'task', '4e89b338-dfda-5202-bb57-970063aa1d8e',
     'check.png', 'check v4.png', 390227, 'image/png',
     'files/2026-10-20/check.png', 'b25f5cf6-bd76-5e1c-ab3e-186286ef7133', '{"width": 1170}', '2026-10-20 16:10+00'),
    ('b381d71d-8c02-585d-82aa-45416c2df224', 'task', 'd8c2a0ee-2ff7-55fa-995e-24900a1d623f',
     'pier.mp4', 'VID_0231.mp4', 18234901, 'video/mp4',
     'files/2026-11-09/pier.mp4', '3206444c-64f4-5f09-bd6b-9905eee94e9d', '{"seconds": 41}', '2026-11-09 02:16+00'),
    ('3d93862e-1376-5fad-aea0-85f5b38e6f3e', 'task', 'd8c2a0ee-2ff7-55fa-995e-24900a1d623f',
     'nightly.log', 'nightly.log', 20480, 'text/plain',
     'files/2026-11-09/nightly.log', '3206444c-64f4-5f09-bd6b-9905eee94e9d', '{}', '2026-11-09 02:17+00'),
    ('b8e1d284-f1e4-5a91-a555-1837f0d742a7', 'document', '5c3ea9d4-0c12-5612-882a-8c2aee914bc6',
     'agreement.pdf', 'Agreement with the island, signed.pdf', 88211, 'application/pdf',
     'files/2026-09-16/agreement.pdf', '08506aea-6d48-56f8-b6cf-b53bd949c60e', '{"pages": 3}', '2026-09-16 15:35+00'),
    ('f112749a-bbfb-5139-9011-283b627df26e', 'document', '90b8cf14-d9b8-5d8c-9341-edeebd13a247',
     'timetable-2026.csv', 'export (2).csv', 51200, 'text/csv',
     'files/2026-09-15/timetable-2026.csv', '4bbf66a3-1145-5c11-85a1-4088e9fb7717', '{"lines": 1460}', '2026-09-15 11:05+00'),
    ('ebc600b5-1b03-58aa-b8d4-038f2392f4a1', 'project', '830a5ac6-3abd-5755-9461-34f52fcaae90',
     'pier.jpg', 'IMG_2207.JPG', 2310442, 'image/jpeg',
     'files/2026-09-02/pier.jpg', '55742b87-9bf8-539d-a2bd-fac4ad079764', '{}', '2026-09-02 12:30+00'),
    ('ce4651aa-cc68-5905-b39f-832f7f27a9ac', 'project', 'a57a0804-7152-507a-8aad-c0db18bbbd2f',
     'contract.pdf', 'contract timetable office.pdf', 120055, 'application/pdf',
     'files/2026-08-31/contract.pdf', 'd7e9323d-634d-5bff-94c5-2ddafe936b46', '{"pages": 8}', '2026-08-31 10:30+00')
on conflict (id) do nothing;
