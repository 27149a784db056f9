-- Development data for Jadugar: a bookshop leaves its old shop for services, in the autumn of 2026.
--
-- The same rows every time, and run again it changes nothing. Every id is a UUID of version 5, computed beforehand:
-- the namespace is uuid_generate_v5(uuid_ns_url(), 'https://github.com/pg-steward/pg_steward/sql/jadugar/seeds/dev.sql')
-- = fa730263-2dd4-5855-bf03-4eb630de806d, and the name is the row's natural key after its table:
--   users/<email>  api_keys/<name>  milestones/<title>  tasks/<title>  task_dependencies/<task>/<depends on>
--   services/<name>  service_configs/<service or "every service">/<key>  notifications/<email>/<1, 2, ...>
--   webhooks/<url>
-- To run it with psql: psql --single-transaction --set ON_ERROR_STOP=1 --file dev.sql, as a role that may insert.

-- audit_logs says who brought each row into this database, and when: Asha Menon, the administrator, who sets it up. Its own
-- ids and times are therefore not the same everywhere.
set local app.current_user_id = 'e4e686b5-9567-5f64-8e00-63acef45b841';

-- No password hashes to "!", so nobody can sign in with these accounts until the application sets a password.
insert into users (id, email, name, password_hash, role, created_at, updated_at) values
    ('e4e686b5-9567-5f64-8e00-63acef45b841', 'asha.menon@example.com', 'Asha Menon', '!',
     'ADMIN', '2026-07-27 08:00+00', '2026-11-02 08:10+00'),
    ('cfa5d2ad-2359-564f-a36b-77226c9fc867', 'viktor.hahn@example.com', 'Viktor Hahn', '!',
     'MANAGER', '2026-07-27 08:15+00', '2026-07-27 08:15+00'),
    ('63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', 'ines.duarte@example.com', 'Ines Duarte', '!',
     'DEVELOPER', '2026-07-27 08:20+00', '2026-09-14 10:05+00'),
    ('89d864d1-0360-5f6f-9d9b-749541eee3c2', 'kwame.boateng@example.com', 'Kwame Boateng', '!',
     'DEVELOPER', '2026-07-27 08:25+00', '2026-07-27 08:25+00'),
    ('f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', 'lena.fischer@example.com', 'Lena Fischer', '!',
     'DEVELOPER', '2026-09-01 09:00+00', '2026-09-01 09:00+00'),
    ('aaa0c0cb-ed4c-55ca-a289-016295fbe41d', 'deploy@robots.example.com', 'Deploy robot', '!',
     'DEVELOPER', '2026-08-10 14:00+00', '2026-08-10 14:00+00'),
    ('f79b0363-4662-599b-8114-67e6d95bec60', 'rosa.almeida@example.com', 'Rosa Almeida', '!',
     'VIEWER', '2026-09-21 09:30+00', '2026-09-21 09:30+00')
on conflict (id) do nothing;

-- No key hashes to these words, so none of them opens anything.
insert into api_keys (id, user_id, key_hash, name, expires_at, created_at, updated_at) values
    -- Deploy robot
    ('0abe615f-1a5e-59fd-b31c-0058d18a28d1', 'aaa0c0cb-ed4c-55ca-a289-016295fbe41d', 'not a hash: Deployment',
     'Deployment', '2027-08-10 14:00+00', '2026-08-10 14:05+00', '2026-08-10 14:05+00'),
    -- Deploy robot
    ('9159675b-1f7c-5dcb-b427-b917ef0450c4', 'aaa0c0cb-ed4c-55ca-a289-016295fbe41d', 'not a hash: Health checks',
     'Health checks', null, '2026-08-24 10:10+00', '2026-08-24 10:10+00'),
    -- Deploy robot
    ('260ce013-1cd7-5142-a849-3249a5b8c7ec', 'aaa0c0cb-ed4c-55ca-a289-016295fbe41d', 'not a hash: Deployment, first key',
     'Deployment, first key', '2026-09-30 00:00+00', '2026-08-10 14:02+00', '2026-09-28 08:30+00'),
    -- Ines Duarte
    ('3fec76e6-3e1d-5880-bf3b-5418e174feb4', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', 'not a hash: Laptop of Ines',
     'Laptop of Ines', '2027-01-31 00:00+00', '2026-09-14 10:10+00', '2026-09-14 10:10+00'),
    -- Rosa Almeida
    ('a616af9a-3fb0-5dda-ac18-9e6e8f5421a4', 'f79b0363-4662-599b-8114-67e6d95bec60', 'not a hash: Report for finance',
     'Report for finance', '2026-12-31 00:00+00', '2026-09-21 09:45+00', '2026-09-21 09:45+00')
on conflict (id) do nothing;

insert into milestones (id, title, description, start_date, end_date, status, progress, created_by, created_at,
                        updated_at) values
    ('2494a96d-14c2-540b-a068-1cb1e1bbe047', 'Foundations',
     'Where the services run, how they are built, and how one sees what they do.',
     '2026-08-03 09:00+00', '2026-09-04 17:00+00', 'COMPLETED', 100,
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-07-28 10:00+00', '2026-09-03 15:10+00'),
    ('3c130e7b-e02d-57be-ac2b-f85b8d327b42', 'Catalogue service',
     'Books, prices and covers come from a service of their own.',
     '2026-08-31 09:00+00', '2026-10-09 17:00+00', 'COMPLETED', 100,
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-07-28 10:10+00', '2026-10-08 10:20+00'),
    ('901cb8c4-0b8d-59c2-b859-6388b1f93088', 'Search',
     'Customers find a book although they misspell its author.',
     '2026-10-05 09:00+00', '2026-11-20 17:00+00', 'IN_PROGRESS', 57,
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-07-28 10:20+00', '2026-11-10 09:45+00'),
    ('13a16ae9-58c8-5639-9d46-07d9bcada3d3', 'Orders and payments',
     'Orders are taken, paid and refunded without the old shop.',
     '2026-09-21 09:00+00', '2026-12-04 17:00+00', 'IN_PROGRESS', 40,
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-07-28 10:30+00', '2026-11-04 16:05+00'),
    ('10d07778-0616-5eb2-b8d5-31aeb19b2cf2', 'Moving the customers',
     'Every account, address and order is in the new shop.',
     '2026-11-30 09:00+00', '2027-01-15 17:00+00', 'NOT_STARTED', 0,
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-07-28 10:40+00', '2026-07-28 10:40+00'),
    ('4e5b5e9e-4211-5c4c-b049-9b779c7125f8', 'Switching off the old shop',
     'The old servers are off, and nobody misses them.',
     '2027-01-11 09:00+00', '2027-02-26 17:00+00', 'NOT_STARTED', 0,
     'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-09-21 11:00+00', '2026-09-21 11:00+00')
on conflict (id) do nothing;

insert into tasks (id, milestone_id, title, description, status, priority, assignee_id, due_date, created_by, created_at,
                   updated_at) values
    -- Foundations
    ('24c5b102-d63a-5f01-ad9c-d289c448afa5', '2494a96d-14c2-540b-a068-1cb1e1bbe047',
     'Choose the message broker',
     'It has to keep messages for a week and to replay them.',
     'COMPLETED', 'HIGH', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-08-10 17:00+00', -- for Kwame Boateng
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-07-29 09:00+00', '2026-08-07 15:40+00'),
    ('8b0a4b68-96e6-5718-acfa-24a89cd884c6', '2494a96d-14c2-540b-a068-1cb1e1bbe047',
     'Set up the clusters for staging and production',
     null,
     'COMPLETED', 'HIGH', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-08-14 17:00+00', -- for Kwame Boateng
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-07-29 09:05+00', '2026-08-13 16:20+00'),
    ('3611eed0-0088-5e41-9585-48775171771b', '2494a96d-14c2-540b-a068-1cb1e1bbe047',
     'Draw the boundaries of the services',
     'Which service owns which data, and who may ask it for them.',
     'COMPLETED', 'HIGH', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2026-08-12 17:00+00', -- for Ines Duarte
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-07-29 09:10+00', '2026-08-12 11:30+00'),
    ('6c0dc863-da2c-50b0-a59b-3d56246552fe', '2494a96d-14c2-540b-a068-1cb1e1bbe047',
     'Build and deploy from the main branch',
     'A merge is in staging ten minutes later, and in production after one click.',
     'COMPLETED', 'HIGH', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-08-21 17:00+00', -- for Kwame Boateng
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-07-29 09:15+00', '2026-08-20 14:05+00'),
    ('007f0b65-44b3-5b86-8bf3-07bfadd6e921', '2494a96d-14c2-540b-a068-1cb1e1bbe047',
     'Register every service in the registry',
     'Name, address and health check of each, so that nobody keeps a list by hand.',
     'COMPLETED', 'MEDIUM', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2026-08-26 17:00+00', -- for Ines Duarte
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-08-12 13:00+00', '2026-08-26 10:15+00'),
    ('8ae926c8-288b-5d68-b1be-f840a8c6aa02', '2494a96d-14c2-540b-a068-1cb1e1bbe047',
     'Collect logs and traces in one place',
     null,
     'COMPLETED', 'MEDIUM', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-08-28 17:00+00', -- for Kwame Boateng
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-07-29 09:20+00', '2026-08-28 12:50+00'),
    ('864a54ef-a45f-56ff-931e-a6d0e2ee913f', '2494a96d-14c2-540b-a068-1cb1e1bbe047',
     'Write the runbook for an outage',
     'Who is called, what is looked at first, and when the old shop takes over.',
     'COMPLETED', 'MEDIUM', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2026-09-04 17:00+00', -- for Ines Duarte
     'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-08-17 09:30+00', '2026-09-03 15:10+00'),
    -- Catalogue service
    ('0821b9b7-1ce7-58ed-b19c-c6ef94dfcd47', '3c130e7b-e02d-57be-ac2b-f85b8d327b42',
     'Copy the catalogue out of the old database',
     'Every night until the old shop reads from the service.',
     'COMPLETED', 'HIGH', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2026-09-11 17:00+00', -- for Ines Duarte
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-08-24 09:00+00', '2026-09-10 16:45+00'),
    ('00b09884-ccac-522d-8c76-ec4ae6bfc4a0', '3c130e7b-e02d-57be-ac2b-f85b8d327b42',
     'Serve books by id and by ISBN',
     null,
     'COMPLETED', 'HIGH', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', '2026-09-18 17:00+00', -- for Lena Fischer
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-08-24 09:05+00', '2026-09-17 13:20+00'),
    ('f13bd579-030a-56c8-93c5-958493b3ed58', '3c130e7b-e02d-57be-ac2b-f85b8d327b42',
     'Keep prices in one currency',
     'Convert when a price is shown, not when it is stored.',
     'COMPLETED', 'MEDIUM', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2026-09-23 17:00+00', -- for Ines Duarte
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-08-24 09:10+00', '2026-09-22 17:05+00'),
    ('40d755a1-ed1e-5aee-85e6-384aca6cc297', '3c130e7b-e02d-57be-ac2b-f85b8d327b42',
     'Cache covers at the edge',
     null,
     'COMPLETED', 'LOW', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', '2026-09-25 17:00+00', -- for Lena Fischer
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-08-24 09:15+00', '2026-09-25 11:40+00'),
    ('e605b766-47e0-5c38-9f85-489fb0b84c22', '3c130e7b-e02d-57be-ac2b-f85b8d327b42',
     'Send an event when a book changes',
     'With the whole book in it, so that readers need not ask back.',
     'COMPLETED', 'HIGH', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', '2026-09-30 17:00+00', -- for Lena Fischer
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-08-24 09:20+00', '2026-09-29 15:55+00'),
    ('5ddfb7ba-ccf0-59ae-b1c6-1c059cb769ad', '3c130e7b-e02d-57be-ac2b-f85b8d327b42',
     'Load test the catalogue',
     'Twice the traffic of last December, for an hour.',
     'COMPLETED', 'MEDIUM', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-10-02 17:00+00', -- for Kwame Boateng
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-08-24 09:25+00', '2026-10-02 16:30+00'),
    ('27b63958-e28c-517e-bfc9-0b8ce639a270', '3c130e7b-e02d-57be-ac2b-f85b8d327b42',
     'Point the old shop at the catalogue service',
     null,
     'COMPLETED', 'HIGH', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2026-10-09 17:00+00', -- for Ines Duarte
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-08-24 09:30+00', '2026-10-08 10:20+00'),
    -- Search
    ('49f8697b-0de8-5813-a0d9-07e4b4a7ae59', '901cb8c4-0b8d-59c2-b859-6388b1f93088',
     'Index titles, authors and descriptions',
     null,
     'COMPLETED', 'HIGH', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', '2026-10-14 17:00+00', -- for Lena Fischer
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-01 09:00+00', '2026-10-13 16:10+00'),
    ('5a562ac3-c68c-56d2-b7f0-16f4db06ae47', '901cb8c4-0b8d-59c2-b859-6388b1f93088',
     'Rank by the sales of the last month',
     null,
     'COMPLETED', 'MEDIUM', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', '2026-10-23 17:00+00', -- for Lena Fischer
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-01 09:05+00', '2026-10-22 14:35+00'),
    ('c9704435-2673-522e-8310-1b9107d51cb9', '901cb8c4-0b8d-59c2-b859-6388b1f93088',
     'Correct misspelled authors',
     'Dostoyevsky alone is spelled in eleven ways.',
     'COMPLETED', 'MEDIUM', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2026-10-28 17:00+00', -- for Ines Duarte
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-01 09:10+00', '2026-10-28 15:25+00'),
    ('a47b83dd-5b9a-5c85-8176-26349b1adeef', '901cb8c4-0b8d-59c2-b859-6388b1f93088',
     'Filter by language and format',
     null,
     'IN_PROGRESS', 'MEDIUM', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', '2026-11-13 17:00+00', -- for Lena Fischer
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-01 09:15+00', '2026-11-09 10:30+00'),
    ('39e40a39-0267-5c75-a4dc-a1bd9e765b84', '901cb8c4-0b8d-59c2-b859-6388b1f93088',
     'Measure relevance against the old search',
     'The thousand most frequent queries; the old search is the floor.',
     'IN_PROGRESS', 'HIGH', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2026-11-16 17:00+00', -- for Ines Duarte
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-01 09:20+00', '2026-11-10 09:45+00'),
    ('74ae18a0-92b2-5e82-989b-15640eb67fb8', '901cb8c4-0b8d-59c2-b859-6388b1f93088',
     'Keep the index fresh within a minute',
     null,
     'COMPLETED', 'MEDIUM', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-11-06 17:00+00', -- for Kwame Boateng
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-01 09:25+00', '2026-11-05 17:15+00'),
    ('29edf16d-8c84-5e9a-babb-ca5f25bf531b', '901cb8c4-0b8d-59c2-b859-6388b1f93088',
     'Replace the old search page',
     null,
     'BLOCKED', 'HIGH', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', '2026-11-20 17:00+00', -- for Lena Fischer
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-01 09:30+00', '2026-11-06 09:10+00'),
    -- Orders and payments
    ('34ffdc9a-675b-5a9a-a6da-9400f134cea0', '13a16ae9-58c8-5639-9d46-07d9bcada3d3',
     'Agree on the states of an order',
     'From basket to returned, with the one who may change each.',
     'COMPLETED', 'HIGH', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2026-09-25 17:00+00', -- for Ines Duarte
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-09-14 09:00+00', '2026-09-25 12:00+00'),
    ('b249427f-41d1-54b7-bc04-fb32030d66b3', '13a16ae9-58c8-5639-9d46-07d9bcada3d3',
     'Record orders in the order service',
     null,
     'COMPLETED', 'HIGH', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-10-16 17:00+00', -- for Kwame Boateng
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-09-14 09:05+00', '2026-10-16 15:20+00'),
    ('e1dbff39-a03c-5f35-b7ff-3dae2756c16f', '13a16ae9-58c8-5639-9d46-07d9bcada3d3',
     'Choose the payment provider',
     'Fees, countries, and how long they keep our money.',
     'COMPLETED', 'HIGH', 'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-02 17:00+00', -- for Viktor Hahn
     'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-09-14 09:10+00', '2026-10-01 11:15+00'),
    ('2d3cb3cf-4bba-598c-8287-4eeed627cf45', '13a16ae9-58c8-5639-9d46-07d9bcada3d3',
     'Sign the contract with the payment provider',
     'Their lawyers have the second draft since 2 November.',
     'IN_PROGRESS', 'HIGH', 'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-11-18 17:00+00', -- for Viktor Hahn
     'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-10-01 11:30+00', '2026-11-02 14:40+00'),
    ('b76c3e8e-5300-5d5f-889c-310e72df09cf', '13a16ae9-58c8-5639-9d46-07d9bcada3d3',
     'Take card payments in the sandbox',
     null,
     'IN_PROGRESS', 'HIGH', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-11-17 17:00+00', -- for Kwame Boateng
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-01 13:00+00', '2026-10-19 09:20+00'),
    ('1cdadded-e2a4-52d6-a57f-413f5a10e612', '13a16ae9-58c8-5639-9d46-07d9bcada3d3',
     'Take real card payments',
     'One euro each from the five of us, then from everybody.',
     'BLOCKED', 'HIGH', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-11-25 17:00+00', -- for Kwame Boateng
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-01 13:05+00', '2026-11-03 10:00+00'),
    ('cc0f91b0-b605-5579-93d2-76a24da72fd9', '13a16ae9-58c8-5639-9d46-07d9bcada3d3',
     'Refund an order in full and in part',
     null,
     'NOT_STARTED', 'MEDIUM', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-11-27 17:00+00', -- for Kwame Boateng
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-01 13:10+00', '2026-10-01 13:10+00'),
    ('e4b0b3c1-1f77-5e98-aa57-57319541bbcf', '13a16ae9-58c8-5639-9d46-07d9bcada3d3',
     'Send the confirmation by mail',
     null,
     'COMPLETED', 'LOW', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', '2026-11-06 17:00+00', -- for Lena Fischer
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-01 13:15+00', '2026-11-04 16:05+00'),
    ('ceea9a2e-b2a0-5037-8abc-3c9a537e38ea', '13a16ae9-58c8-5639-9d46-07d9bcada3d3',
     'Reconcile payments every night',
     'Every cent of the providers report is found in our orders, or somebody is told.',
     'NOT_STARTED', 'HIGH', null, '2026-12-03 17:00+00', -- for nobody yet
     'f79b0363-4662-599b-8114-67e6d95bec60', '2026-10-05 10:20+00', '2026-10-05 10:20+00'),
    ('426dca6f-7257-5818-9277-d6483078b73b', '13a16ae9-58c8-5639-9d46-07d9bcada3d3',
     'Pass the security review of payments',
     'By the reviewers of the provider, two days on site.',
     'BLOCKED', 'HIGH', 'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-12-02 17:00+00', -- for Asha Menon
     'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-10-05 11:00+00', '2026-11-03 10:05+00'),
    -- Moving the customers
    ('4e9ac09d-9e22-586d-9ce2-5a0718d64157', '10d07778-0616-5eb2-b8d5-31aeb19b2cf2',
     'Decide how passwords are moved',
     'The old hashes are weak: wrap them, or ask everybody for a new password?',
     'NOT_STARTED', 'HIGH', 'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-12-04 17:00+00', -- for Asha Menon
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-26 09:00+00', '2026-10-26 09:00+00'),
    ('9c05d6d7-3f4b-5f4f-a194-7a35c7f7d62c', '10d07778-0616-5eb2-b8d5-31aeb19b2cf2',
     'Copy accounts and addresses',
     null,
     'NOT_STARTED', 'HIGH', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2026-12-11 17:00+00', -- for Ines Duarte
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-26 09:05+00', '2026-10-26 09:05+00'),
    ('81011ebb-df97-5068-97f3-bed10ff59511', '10d07778-0616-5eb2-b8d5-31aeb19b2cf2',
     'Copy the orders of the last ten years',
     'Tax law asks for ten; what is older stays in the archive.',
     'NOT_STARTED', 'MEDIUM', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2026-12-18 17:00+00', -- for Ines Duarte
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-26 09:10+00', '2026-10-26 09:10+00'),
    ('5e8ea6bf-cf04-5445-90d5-03d689e271c8', '10d07778-0616-5eb2-b8d5-31aeb19b2cf2',
     'Rehearse the move with a tenth of the customers',
     null,
     'NOT_STARTED', 'HIGH', null, '2027-01-06 17:00+00', -- for nobody yet
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-26 09:15+00', '2026-10-26 09:15+00'),
    ('e28b99be-5555-5d3d-943e-9e04f60c74c8', '10d07778-0616-5eb2-b8d5-31aeb19b2cf2',
     'Write to every customer',
     'What changes, when, and what to do if it does not work.',
     'NOT_STARTED', 'MEDIUM', 'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2027-01-08 17:00+00', -- for Viktor Hahn
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-26 09:20+00', '2026-10-26 09:20+00'),
    ('4e0c1fcb-379f-5d95-84d5-7434fd0c7f1f', '10d07778-0616-5eb2-b8d5-31aeb19b2cf2',
     'Move all customers in one night',
     null,
     'NOT_STARTED', 'HIGH', null, '2027-01-15 17:00+00', -- for nobody yet
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-10-26 09:25+00', '2026-10-26 09:25+00'),
    -- Switching off the old shop
    ('fdc66bb4-75e1-5f54-9cfd-24f303dc18cd', '4e5b5e9e-4211-5c4c-b049-9b779c7125f8',
     'Run both shops side by side for two weeks',
     'The old one can only be read.',
     'NOT_STARTED', 'MEDIUM', null, '2027-02-01 17:00+00', -- for nobody yet
     'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-10-26 10:00+00', '2026-10-26 10:00+00'),
    ('390072d9-0b42-5a4c-947d-39edf5b0c740', '4e5b5e9e-4211-5c4c-b049-9b779c7125f8',
     'Archive the old database',
     null,
     'NOT_STARTED', 'MEDIUM', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', '2027-02-10 17:00+00', -- for Ines Duarte
     'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-10-26 10:05+00', '2026-10-26 10:05+00'),
    ('beab7305-82bd-5006-8659-c4c8f9344bc9', '4e5b5e9e-4211-5c4c-b049-9b779c7125f8',
     'Switch off the old servers',
     null,
     'NOT_STARTED', 'LOW', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2027-02-19 17:00+00', -- for Kwame Boateng
     'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-10-26 10:10+00', '2026-10-26 10:10+00'),
    ('6463396b-ec5b-5180-ad2c-e317903e1f54', '4e5b5e9e-4211-5c4c-b049-9b779c7125f8',
     'Close the books of the old shop',
     null,
     'NOT_STARTED', 'MEDIUM', null, '2027-02-26 17:00+00', -- for nobody yet
     'f79b0363-4662-599b-8114-67e6d95bec60', '2026-10-27 14:30+00', '2026-10-27 14:30+00'),
    -- Without a milestone
    ('8662ce44-e6a1-5dd7-a3bd-8d14d7f620ba', null,
     'Renew the certificate of the staging cluster',
     null,
     'COMPLETED', 'HIGH', '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-11-10 17:00+00', -- for Kwame Boateng
     'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-11-09 08:10+00', '2026-11-09 09:05+00'),
    ('84d3f985-9387-5061-aa00-93a135ab99aa', null,
     'Plan who is on call in January',
     null,
     'NOT_STARTED', 'LOW', 'cfa5d2ad-2359-564f-a36b-77226c9fc867', null, -- for Viktor Hahn
     'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-11-12 09:00+00', '2026-11-12 09:00+00')
on conflict (id) do nothing;

-- No conflict target here and in the configuration: the same pair or key may have been stated again under another id.
insert into task_dependencies (id, task_id, depends_on, created_at) values
    -- Build and deploy from the main branch, after Set up the clusters for staging and production
    ('76dd690a-57d9-54c8-8bb1-9fc5de9e5d34', '6c0dc863-da2c-50b0-a59b-3d56246552fe',
     '8b0a4b68-96e6-5718-acfa-24a89cd884c6', '2026-07-29 09:45+00'),
    -- Register every service in the registry, after Draw the boundaries of the services
    ('bc7499cd-337e-5d5e-b715-69184fd23cff', '007f0b65-44b3-5b86-8bf3-07bfadd6e921',
     '3611eed0-0088-5e41-9585-48775171771b', '2026-08-12 13:30+00'),
    -- Register every service in the registry, after Build and deploy from the main branch
    ('7fba0fc5-2b76-5398-8713-70b9aa254bcf', '007f0b65-44b3-5b86-8bf3-07bfadd6e921',
     '6c0dc863-da2c-50b0-a59b-3d56246552fe', '2026-08-12 13:31+00'),
    -- Collect logs and traces in one place, after Set up the clusters for staging and production
    ('47ee529d-81f1-5064-a621-61ded6cb6b70', '8ae926c8-288b-5d68-b1be-f840a8c6aa02',
     '8b0a4b68-96e6-5718-acfa-24a89cd884c6', '2026-07-29 09:50+00'),
    -- Write the runbook for an outage, after Register every service in the registry
    ('e5d85cae-d872-5825-bd3a-b2080a7385ef', '864a54ef-a45f-56ff-931e-a6d0e2ee913f',
     '007f0b65-44b3-5b86-8bf3-07bfadd6e921', '2026-08-17 10:00+00'),
    -- Write the runbook for an outage, after Collect logs and traces in one place
    ('1102634d-8205-56b6-bb48-32d917566ce7', '864a54ef-a45f-56ff-931e-a6d0e2ee913f',
     '8ae926c8-288b-5d68-b1be-f840a8c6aa02', '2026-08-17 10:01+00'),
    -- Copy the catalogue out of the old database, after Set up the clusters for staging and production
    ('10138629-85a3-5fca-9086-fa5dd3876902', '0821b9b7-1ce7-58ed-b19c-c6ef94dfcd47',
     '8b0a4b68-96e6-5718-acfa-24a89cd884c6', '2026-08-24 09:30+00'),
    -- Copy the catalogue out of the old database, after Draw the boundaries of the services
    ('68669bba-ce18-5954-8b3b-0857cd618d74', '0821b9b7-1ce7-58ed-b19c-c6ef94dfcd47',
     '3611eed0-0088-5e41-9585-48775171771b', '2026-08-24 09:31+00'),
    -- Serve books by id and by ISBN, after Copy the catalogue out of the old database
    ('3aeed642-e4a5-5de4-9f40-96bea3604e53', '00b09884-ccac-522d-8c76-ec4ae6bfc4a0',
     '0821b9b7-1ce7-58ed-b19c-c6ef94dfcd47', '2026-08-24 09:35+00'),
    -- Serve books by id and by ISBN, after Build and deploy from the main branch
    ('94d49a6c-47df-50c9-b821-485cbeea0b87', '00b09884-ccac-522d-8c76-ec4ae6bfc4a0',
     '6c0dc863-da2c-50b0-a59b-3d56246552fe', '2026-08-24 09:36+00'),
    -- Keep prices in one currency, after Copy the catalogue out of the old database
    ('dc77030b-1ad9-549f-b051-3bce14c934fa', 'f13bd579-030a-56c8-93c5-958493b3ed58',
     '0821b9b7-1ce7-58ed-b19c-c6ef94dfcd47', '2026-08-24 09:40+00'),
    -- Cache covers at the edge, after Serve books by id and by ISBN
    ('658fd5ac-3abb-5809-92c3-e847a280925b', '40d755a1-ed1e-5aee-85e6-384aca6cc297',
     '00b09884-ccac-522d-8c76-ec4ae6bfc4a0', '2026-08-24 09:45+00'),
    -- Send an event when a book changes, after Serve books by id and by ISBN
    ('9630d402-a3c4-5f9c-8d55-34c76bc2692b', 'e605b766-47e0-5c38-9f85-489fb0b84c22',
     '00b09884-ccac-522d-8c76-ec4ae6bfc4a0', '2026-08-24 09:50+00'),
    -- Send an event when a book changes, after Choose the message broker
    ('504e56ea-8828-5be9-9fd4-de530d2dabfd', 'e605b766-47e0-5c38-9f85-489fb0b84c22',
     '24c5b102-d63a-5f01-ad9c-d289c448afa5', '2026-08-24 09:51+00'),
    -- Load test the catalogue, after Serve books by id and by ISBN
    ('c5891a03-292d-523b-a980-6f6dbe430118', '5ddfb7ba-ccf0-59ae-b1c6-1c059cb769ad',
     '00b09884-ccac-522d-8c76-ec4ae6bfc4a0', '2026-08-24 09:55+00'),
    -- Load test the catalogue, after Cache covers at the edge
    ('065dc698-72ab-5fcd-bb25-673e43b6e7b4', '5ddfb7ba-ccf0-59ae-b1c6-1c059cb769ad',
     '40d755a1-ed1e-5aee-85e6-384aca6cc297', '2026-08-24 09:56+00'),
    -- Load test the catalogue, after Collect logs and traces in one place
    ('8d6e35c6-564c-5b25-b979-9cabc772e232', '5ddfb7ba-ccf0-59ae-b1c6-1c059cb769ad',
     '8ae926c8-288b-5d68-b1be-f840a8c6aa02', '2026-08-24 09:57+00'),
    -- Point the old shop at the catalogue service, after Keep prices in one currency
    ('4cb83884-b2cb-56cf-b1dc-936be34779d9', '27b63958-e28c-517e-bfc9-0b8ce639a270',
     'f13bd579-030a-56c8-93c5-958493b3ed58', '2026-08-24 10:00+00'),
    -- Point the old shop at the catalogue service, after Load test the catalogue
    ('e9dfa307-6bfa-59ea-8e8f-c22c994e16b7', '27b63958-e28c-517e-bfc9-0b8ce639a270',
     '5ddfb7ba-ccf0-59ae-b1c6-1c059cb769ad', '2026-08-24 10:01+00'),
    -- Point the old shop at the catalogue service, after Register every service in the registry
    ('180eb819-f7be-50a1-97e5-9c96fb5249fb', '27b63958-e28c-517e-bfc9-0b8ce639a270',
     '007f0b65-44b3-5b86-8bf3-07bfadd6e921', '2026-08-24 10:02+00'),
    -- Index titles, authors and descriptions, after Send an event when a book changes
    ('e9a9783d-54d5-5090-a4c1-809c454ae173', '49f8697b-0de8-5813-a0d9-07e4b4a7ae59',
     'e605b766-47e0-5c38-9f85-489fb0b84c22', '2026-10-01 09:30+00'),
    -- Rank by the sales of the last month, after Index titles, authors and descriptions
    ('2d859288-e914-50c7-91da-2749dea24267', '5a562ac3-c68c-56d2-b7f0-16f4db06ae47',
     '49f8697b-0de8-5813-a0d9-07e4b4a7ae59', '2026-10-01 09:35+00'),
    -- Correct misspelled authors, after Index titles, authors and descriptions
    ('2c5d9c00-e41f-55d3-a7b0-4599e67938f6', 'c9704435-2673-522e-8310-1b9107d51cb9',
     '49f8697b-0de8-5813-a0d9-07e4b4a7ae59', '2026-10-01 09:40+00'),
    -- Filter by language and format, after Index titles, authors and descriptions
    ('46534c67-1f02-5ceb-a4c5-1049bc534f89', 'a47b83dd-5b9a-5c85-8176-26349b1adeef',
     '49f8697b-0de8-5813-a0d9-07e4b4a7ae59', '2026-10-01 09:45+00'),
    -- Filter by language and format, after Keep prices in one currency
    ('36b1f9a0-1994-5292-9fdd-e2a266af491d', 'a47b83dd-5b9a-5c85-8176-26349b1adeef',
     'f13bd579-030a-56c8-93c5-958493b3ed58', '2026-10-01 09:46+00'),
    -- Measure relevance against the old search, after Rank by the sales of the last month
    ('b70f62d1-d897-58bd-a549-0aaf729c9529', '39e40a39-0267-5c75-a4dc-a1bd9e765b84',
     '5a562ac3-c68c-56d2-b7f0-16f4db06ae47', '2026-10-01 09:50+00'),
    -- Measure relevance against the old search, after Correct misspelled authors
    ('5fedc71b-17fc-56c0-b614-239577de1938', '39e40a39-0267-5c75-a4dc-a1bd9e765b84',
     'c9704435-2673-522e-8310-1b9107d51cb9', '2026-10-01 09:51+00'),
    -- Keep the index fresh within a minute, after Send an event when a book changes
    ('fb55ae66-c107-59e5-9114-652867c61c4b', '74ae18a0-92b2-5e82-989b-15640eb67fb8',
     'e605b766-47e0-5c38-9f85-489fb0b84c22', '2026-10-01 09:55+00'),
    -- Keep the index fresh within a minute, after Index titles, authors and descriptions
    ('5bb3b026-9f47-5410-aa94-08a6a761ace2', '74ae18a0-92b2-5e82-989b-15640eb67fb8',
     '49f8697b-0de8-5813-a0d9-07e4b4a7ae59', '2026-10-01 09:56+00'),
    -- Replace the old search page, after Filter by language and format
    ('78bc4f08-b5fd-5266-8a72-ce1e7fc77374', '29edf16d-8c84-5e9a-babb-ca5f25bf531b',
     'a47b83dd-5b9a-5c85-8176-26349b1adeef', '2026-10-01 10:00+00'),
    -- Replace the old search page, after Measure relevance against the old search
    ('200598dc-cc5c-54fc-8d76-1290d3f83100', '29edf16d-8c84-5e9a-babb-ca5f25bf531b',
     '39e40a39-0267-5c75-a4dc-a1bd9e765b84', '2026-10-01 10:01+00'),
    -- Replace the old search page, after Keep the index fresh within a minute
    ('4d58a656-2be9-54f6-b20d-45649022770c', '29edf16d-8c84-5e9a-babb-ca5f25bf531b',
     '74ae18a0-92b2-5e82-989b-15640eb67fb8', '2026-10-01 10:02+00'),
    -- Agree on the states of an order, after Draw the boundaries of the services
    ('1f88dd77-6f9f-5d52-bfeb-14049152d4af', '34ffdc9a-675b-5a9a-a6da-9400f134cea0',
     '3611eed0-0088-5e41-9585-48775171771b', '2026-09-14 09:30+00'),
    -- Record orders in the order service, after Agree on the states of an order
    ('764a2d24-547d-55f0-9541-7ccfb33e3dc2', 'b249427f-41d1-54b7-bc04-fb32030d66b3',
     '34ffdc9a-675b-5a9a-a6da-9400f134cea0', '2026-09-14 09:35+00'),
    -- Record orders in the order service, after Choose the message broker
    ('6ce1ac9d-7c4c-508f-9258-e96c13394898', 'b249427f-41d1-54b7-bc04-fb32030d66b3',
     '24c5b102-d63a-5f01-ad9c-d289c448afa5', '2026-09-14 09:36+00'),
    -- Record orders in the order service, after Build and deploy from the main branch
    ('1908627a-e14b-5ede-8128-56b1f546b2c6', 'b249427f-41d1-54b7-bc04-fb32030d66b3',
     '6c0dc863-da2c-50b0-a59b-3d56246552fe', '2026-09-14 09:37+00'),
    -- Sign the contract with the payment provider, after Choose the payment provider
    ('13efa58d-38aa-55fb-9a4f-a9a3444cf715', '2d3cb3cf-4bba-598c-8287-4eeed627cf45',
     'e1dbff39-a03c-5f35-b7ff-3dae2756c16f', '2026-10-01 12:00+00'),
    -- Take card payments in the sandbox, after Record orders in the order service
    ('d09ad025-4e31-5f5d-8d11-82fbf1a28911', 'b76c3e8e-5300-5d5f-889c-310e72df09cf',
     'b249427f-41d1-54b7-bc04-fb32030d66b3', '2026-10-01 13:30+00'),
    -- Take card payments in the sandbox, after Choose the payment provider
    ('f16eeae3-1036-5c2e-bc4d-eb4f3dc51156', 'b76c3e8e-5300-5d5f-889c-310e72df09cf',
     'e1dbff39-a03c-5f35-b7ff-3dae2756c16f', '2026-10-01 13:31+00'),
    -- Take real card payments, after Sign the contract with the payment provider
    ('e4bd7349-67ff-55ca-97cc-ccea076b04e2', '1cdadded-e2a4-52d6-a57f-413f5a10e612',
     '2d3cb3cf-4bba-598c-8287-4eeed627cf45', '2026-10-01 13:35+00'),
    -- Take real card payments, after Take card payments in the sandbox
    ('29a8474c-fd56-5fd1-baad-d0798fadf1ee', '1cdadded-e2a4-52d6-a57f-413f5a10e612',
     'b76c3e8e-5300-5d5f-889c-310e72df09cf', '2026-10-01 13:36+00'),
    -- Refund an order in full and in part, after Take card payments in the sandbox
    ('977ab14e-54f0-5198-ab1b-793d60230526', 'cc0f91b0-b605-5579-93d2-76a24da72fd9',
     'b76c3e8e-5300-5d5f-889c-310e72df09cf', '2026-10-01 13:40+00'),
    -- Send the confirmation by mail, after Record orders in the order service
    ('697e853f-81fa-5ba2-aea3-0475a3891c1f', 'e4b0b3c1-1f77-5e98-aa57-57319541bbcf',
     'b249427f-41d1-54b7-bc04-fb32030d66b3', '2026-10-01 13:45+00'),
    -- Reconcile payments every night, after Take real card payments
    ('4a423813-eb06-5e1f-bf90-11541da3d18c', 'ceea9a2e-b2a0-5037-8abc-3c9a537e38ea',
     '1cdadded-e2a4-52d6-a57f-413f5a10e612', '2026-10-05 10:50+00'),
    -- Reconcile payments every night, after Refund an order in full and in part
    ('3fb8c918-5eea-56ff-807d-c9df7f44159a', 'ceea9a2e-b2a0-5037-8abc-3c9a537e38ea',
     'cc0f91b0-b605-5579-93d2-76a24da72fd9', '2026-10-05 10:51+00'),
    -- Pass the security review of payments, after Take card payments in the sandbox
    ('b9b3bab1-29cb-5ae0-bc69-676f8ba48bf6', '426dca6f-7257-5818-9277-d6483078b73b',
     'b76c3e8e-5300-5d5f-889c-310e72df09cf', '2026-10-05 11:30+00'),
    -- Pass the security review of payments, after Collect logs and traces in one place
    ('b4999d8a-5cb5-57ab-b564-ba671cbb7812', '426dca6f-7257-5818-9277-d6483078b73b',
     '8ae926c8-288b-5d68-b1be-f840a8c6aa02', '2026-10-05 11:31+00'),
    -- Copy accounts and addresses, after Decide how passwords are moved
    ('afcba5a8-b587-5c99-910d-6b0cbf749879', '9c05d6d7-3f4b-5f4f-a194-7a35c7f7d62c',
     '4e9ac09d-9e22-586d-9ce2-5a0718d64157', '2026-10-26 09:35+00'),
    -- Copy accounts and addresses, after Record orders in the order service
    ('5da491a6-0237-59f9-8fd1-690b988ef453', '9c05d6d7-3f4b-5f4f-a194-7a35c7f7d62c',
     'b249427f-41d1-54b7-bc04-fb32030d66b3', '2026-10-26 09:36+00'),
    -- Copy the orders of the last ten years, after Copy accounts and addresses
    ('e9f2c05e-ee1f-5501-a236-60a1ee4bd06a', '81011ebb-df97-5068-97f3-bed10ff59511',
     '9c05d6d7-3f4b-5f4f-a194-7a35c7f7d62c', '2026-10-26 09:40+00'),
    -- Copy the orders of the last ten years, after Agree on the states of an order
    ('17bf8bb8-1b71-5fbf-80a3-4a02d0139fe6', '81011ebb-df97-5068-97f3-bed10ff59511',
     '34ffdc9a-675b-5a9a-a6da-9400f134cea0', '2026-10-26 09:41+00'),
    -- Copy the orders of the last ten years, after Record orders in the order service
    ('9c40a471-006c-5e0e-a940-a93576a92d9b', '81011ebb-df97-5068-97f3-bed10ff59511',
     'b249427f-41d1-54b7-bc04-fb32030d66b3', '2026-10-26 09:42+00'),
    -- Rehearse the move with a tenth of the customers, after Copy accounts and addresses
    ('8a12dea1-1ec5-5f7c-9811-0ff783258517', '5e8ea6bf-cf04-5445-90d5-03d689e271c8',
     '9c05d6d7-3f4b-5f4f-a194-7a35c7f7d62c', '2026-10-26 09:45+00'),
    -- Rehearse the move with a tenth of the customers, after Copy the orders of the last ten years
    ('3c34a344-4c06-5922-ae95-34bb6e91f4ca', '5e8ea6bf-cf04-5445-90d5-03d689e271c8',
     '81011ebb-df97-5068-97f3-bed10ff59511', '2026-10-26 09:46+00'),
    -- Rehearse the move with a tenth of the customers, after Take real card payments
    ('c8c8272f-6be0-5cb3-8fe4-dc9b1ca1aba4', '5e8ea6bf-cf04-5445-90d5-03d689e271c8',
     '1cdadded-e2a4-52d6-a57f-413f5a10e612', '2026-10-26 09:47+00'),
    -- Write to every customer, after Decide how passwords are moved
    ('0128e613-b8e7-561e-a12b-7a0794b2c918', 'e28b99be-5555-5d3d-943e-9e04f60c74c8',
     '4e9ac09d-9e22-586d-9ce2-5a0718d64157', '2026-10-26 09:50+00'),
    -- Move all customers in one night, after Rehearse the move with a tenth of the customers
    ('eff5e234-f700-5983-877c-a13424dd1b7c', '4e0c1fcb-379f-5d95-84d5-7434fd0c7f1f',
     '5e8ea6bf-cf04-5445-90d5-03d689e271c8', '2026-10-26 09:55+00'),
    -- Move all customers in one night, after Write to every customer
    ('93c2452c-61bb-569b-a5a4-28a8867256ad', '4e0c1fcb-379f-5d95-84d5-7434fd0c7f1f',
     'e28b99be-5555-5d3d-943e-9e04f60c74c8', '2026-10-26 09:56+00'),
    -- Move all customers in one night, after Reconcile payments every night
    ('c384bf22-66de-5eb9-b000-4dd54efd5fa9', '4e0c1fcb-379f-5d95-84d5-7434fd0c7f1f',
     'ceea9a2e-b2a0-5037-8abc-3c9a537e38ea', '2026-10-26 09:57+00'),
    -- Move all customers in one night, after Pass the security review of payments
    ('e1437341-23b4-5173-b30a-055818b8b564', '4e0c1fcb-379f-5d95-84d5-7434fd0c7f1f',
     '426dca6f-7257-5818-9277-d6483078b73b', '2026-10-26 09:58+00'),
    -- Move all customers in one night, after Replace the old search page
    ('20e2395f-5571-52a9-9b51-3c81ce241c0e', '4e0c1fcb-379f-5d95-84d5-7434fd0c7f1f',
     '29edf16d-8c84-5e9a-babb-ca5f25bf531b', '2026-10-26 09:59+00'),
    -- Move all customers in one night, after Point the old shop at the catalogue service
    ('9648b567-e5a9-539a-8460-6aab5bfbdf3e', '4e0c1fcb-379f-5d95-84d5-7434fd0c7f1f',
     '27b63958-e28c-517e-bfc9-0b8ce639a270', '2026-10-26 10:00+00'),
    -- Run both shops side by side for two weeks, after Move all customers in one night
    ('9eebf1b8-133f-597b-b52a-3d94985219c9', 'fdc66bb4-75e1-5f54-9cfd-24f303dc18cd',
     '4e0c1fcb-379f-5d95-84d5-7434fd0c7f1f', '2026-10-26 10:30+00'),
    -- Archive the old database, after Run both shops side by side for two weeks
    ('328299f2-9777-5316-83bb-1761a739503b', '390072d9-0b42-5a4c-947d-39edf5b0c740',
     'fdc66bb4-75e1-5f54-9cfd-24f303dc18cd', '2026-10-26 10:35+00'),
    -- Archive the old database, after Copy the orders of the last ten years
    ('46f745ea-1af6-52c4-9a7b-323dcd83f994', '390072d9-0b42-5a4c-947d-39edf5b0c740',
     '81011ebb-df97-5068-97f3-bed10ff59511', '2026-10-26 10:36+00'),
    -- Switch off the old servers, after Archive the old database
    ('45368761-bfe1-54a4-9854-2fcce5e76c1a', 'beab7305-82bd-5006-8659-c4c8f9344bc9',
     '390072d9-0b42-5a4c-947d-39edf5b0c740', '2026-10-26 10:40+00'),
    -- Close the books of the old shop, after Run both shops side by side for two weeks
    ('2c0a60e4-eb43-5f74-b064-54ded15d5bb0', '6463396b-ec5b-5180-ad2c-e317903e1f54',
     'fdc66bb4-75e1-5f54-9cfd-24f303dc18cd', '2026-10-27 15:00+00'),
    -- Close the books of the old shop, after Reconcile payments every night
    ('f9000a36-56a6-52ca-96b6-f3728cdef8d0', '6463396b-ec5b-5180-ad2c-e317903e1f54',
     'ceea9a2e-b2a0-5037-8abc-3c9a537e38ea', '2026-10-27 15:01+00'),
    -- Renew the certificate of the staging cluster, after Set up the clusters for staging and production
    ('cfec14d8-3a0b-5595-96c4-d2216dc94214', '8662ce44-e6a1-5dd7-a3bd-8d14d7f620ba',
     '8b0a4b68-96e6-5718-acfa-24a89cd884c6', '2026-11-09 08:40+00'),
    -- Plan who is on call in January, after Write the runbook for an outage
    ('81509ab2-46ea-5f54-af2f-dbdd2f1fdc67', '84d3f985-9387-5061-aa00-93a135ab99aa',
     '864a54ef-a45f-56ff-931e-a6d0e2ee913f', '2026-11-12 09:30+00')
on conflict do nothing;

insert into services (id, name, url, health_check, status, last_check, created_at, updated_at) values
    ('b85379e5-46e7-55cf-93e7-a8cda942d8ac', 'gateway', 'https://shop.example.com',
     '/healthz', 'HEALTHY', '2026-11-13 09:00+00', '2026-08-24 10:00+00', '2026-11-13 09:00+00'),
    ('4704f693-8af0-5b6a-b346-ba61760ae634', 'catalogue', 'https://catalogue.internal.example.com',
     '/healthz', 'HEALTHY', '2026-11-13 09:00+00', '2026-08-24 10:05+00', '2026-11-13 09:00+00'),
    ('0e24bb3e-f389-52b0-a8ef-89e5ea0eeab9', 'search', 'https://search.internal.example.com',
     '/healthz', 'DEGRADED', '2026-11-13 09:00+00', '2026-10-13 16:00+00', '2026-11-13 09:00+00'),
    ('f92f4e13-beee-5bd7-b54e-0a79891a92f3', 'orders', 'https://orders.internal.example.com',
     '/healthz', 'HEALTHY', '2026-11-13 09:00+00', '2026-10-12 11:20+00', '2026-11-13 09:00+00'),
    ('c0f5d28c-6ea8-52fb-a7c2-05d2a7dafb1d', 'payments', 'https://payments.sandbox.example.com',
     'https://status.example.com/payments', 'DOWN', '2026-11-13 09:00+00', '2026-10-19 09:10+00', '2026-11-13 09:00+00'),
    ('418996a0-9289-5840-a811-0acb2ce623a4', 'mail', 'https://mail.internal.example.com',
     '/ready', 'HEALTHY', '2026-11-13 09:00+00', '2026-10-28 13:30+00', '2026-11-13 09:00+00'),
    ('7e78af64-ff6a-5f76-8843-b78e3bdf986d', 'old-shop', 'https://old.shop.example.com',
     null, 'UNKNOWN', null, '2026-08-26 10:00+00', '2026-08-26 10:00+00')
on conflict (id) do nothing;

insert into service_configs (id, service_id, key, value, created_at, updated_at) values
    -- Every service
    ('4f96018f-139d-57a0-b8ee-2682fa451332', null, 'log_level',
     '"info"', '2026-08-24 10:30+00', '2026-08-24 10:30+00'),
    ('ae044202-3759-52b0-980e-db01694bb289', null, 'request_timeout_ms',
     '2000', '2026-08-24 10:31+00', '2026-10-02 16:40+00'),
    -- gateway
    ('7fe1fadd-5404-5e8f-8b55-28220812dce5', 'b85379e5-46e7-55cf-93e7-a8cda942d8ac', 'rate_limit',
     '{"requests": 600, "per": "minute"}', '2026-08-25 09:00+00', '2026-10-02 16:42+00'),
    ('af5fde0b-f864-54c0-9331-a627f101b9fd', 'b85379e5-46e7-55cf-93e7-a8cda942d8ac', 'allowed_origins',
     '["https://shop.example.com", "https://old.shop.example.com"]', '2026-08-25 09:01+00', '2026-08-25 09:01+00'),
    -- catalogue
    ('ce381adf-c01c-5bcc-a356-ff6fa124884b', '4704f693-8af0-5b6a-b346-ba61760ae634', 'cache_ttl_seconds',
     '300', '2026-09-24 15:10+00', '2026-09-25 11:35+00'),
    ('12821eeb-945b-5044-985c-6530fb01f7cd', '4704f693-8af0-5b6a-b346-ba61760ae634', 'currency',
     '"EUR"', '2026-09-22 16:50+00', '2026-09-22 16:50+00'),
    -- search
    ('d492791c-e9ce-5a72-ad7e-87eb8b095c92', '0e24bb3e-f389-52b0-a8ef-89e5ea0eeab9', 'log_level',
     '"debug"', '2026-11-12 17:20+00', '2026-11-12 17:20+00'),
    ('757c0e2d-eebb-52ec-a80d-c5c6beedb01a', '0e24bb3e-f389-52b0-a8ef-89e5ea0eeab9', 'index_interval_seconds',
     '45', '2026-11-05 16:50+00', '2026-11-05 16:50+00'),
    ('d6bdee55-10bf-5e8a-a186-7fc44ed2ade6', '0e24bb3e-f389-52b0-a8ef-89e5ea0eeab9', 'spelling',
     '{"enabled": true, "max_distance": 2}', '2026-10-28 15:00+00', '2026-10-28 15:00+00'),
    -- orders
    ('13fbbd83-539b-52e3-bc55-f589ed14b3ee', 'f92f4e13-beee-5bd7-b54e-0a79891a92f3', 'states',
     '["basket", "placed", "paid", "sent", "returned"]', '2026-10-12 11:40+00', '2026-10-12 11:40+00'),
    -- payments
    ('1fe2a5db-8f2f-5c61-a0e5-c7d10666459f', 'c0f5d28c-6ea8-52fb-a7c2-05d2a7dafb1d', 'mode',
     '"sandbox"', '2026-10-19 09:15+00', '2026-10-19 09:15+00'),
    ('2ce50efd-7406-55be-9f44-b03dae77443d', 'c0f5d28c-6ea8-52fb-a7c2-05d2a7dafb1d', 'methods',
     '["card"]', '2026-10-19 09:16+00', '2026-10-19 09:16+00'),
    -- mail
    ('ef07eeaf-79af-5f75-af55-efd9eb58ed69', '418996a0-9289-5840-a811-0acb2ce623a4', 'sender',
     '"orders@shop.example.com"', '2026-10-28 13:45+00', '2026-10-28 13:45+00')
on conflict do nothing;

insert into notifications (id, user_id, type, title, message, read, created_at) values
    -- For Kwame Boateng
    ('63f0a767-c046-5207-ac47-143e7f7a13fb', '89d864d1-0360-5f6f-9d9b-749541eee3c2', 'task_assigned',
     'Take card payments in the sandbox',
     'Viktor Hahn gave you a task of high priority, due on 17 November.', true, '2026-10-01 13:00+00'),
    -- For Lena Fischer
    ('d7f86b60-c0fe-5dd2-9e65-cac0c149d110', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', 'task_assigned',
     'Replace the old search page',
     'Viktor Hahn gave you a task of high priority, due on 20 November.', true, '2026-10-01 09:30+00'),
    -- For Lena Fischer
    ('237d5df9-d182-5804-bbe0-d1dd097e9c69', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', 'task_unblocked',
     'Filter by language and format',
     'Index titles, authors and descriptions is done, so you can start.', true, '2026-10-13 16:10+00'),
    -- For Ines Duarte
    ('79b1a258-1d5a-5d04-ad15-4464e962c149', '63cf68af-914f-53fc-b8eb-3ab0cdc9e2dd', 'task_unblocked',
     'Measure relevance against the old search',
     'Correct misspelled authors is done, so you can start.', true, '2026-10-28 15:25+00'),
    -- For Lena Fischer
    ('ada0377a-7734-5fde-801d-23993c86fad0', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', 'task_blocked',
     'Replace the old search page',
     'It waits for two tasks: the filters, and the measurement of relevance.', false, '2026-11-06 09:10+00'),
    -- For Kwame Boateng
    ('666d67f8-f843-52bd-b714-5b3cc8d647ee', '89d864d1-0360-5f6f-9d9b-749541eee3c2', 'task_blocked',
     'Take real card payments',
     'It waits for the contract and for the payments in the sandbox.', true, '2026-11-03 10:00+00'),
    -- For Asha Menon
    ('96b9d42a-e604-52c9-917f-566e86a4f1e9', 'e4e686b5-9567-5f64-8e00-63acef45b841', 'task_blocked',
     'Pass the security review of payments',
     'It waits for the payments in the sandbox.', true, '2026-11-03 10:05+00'),
    -- For Viktor Hahn
    ('b3dd5f1b-2f28-5bba-8b3c-ae7233944e19', 'cfa5d2ad-2359-564f-a36b-77226c9fc867', 'milestone_completed',
     'Catalogue service',
     'All seven tasks are done, one day before the date.', true, '2026-10-08 10:20+00'),
    -- For Viktor Hahn
    ('eb395b0f-418e-51fd-abf7-aba56308cbfe', 'cfa5d2ad-2359-564f-a36b-77226c9fc867', 'task_due',
     'Sign the contract with the payment provider',
     'Due in five days.', false, '2026-11-13 07:00+00'),
    -- For Lena Fischer
    ('ce6c852f-eeec-5d03-bce4-545554c88b06', 'f0381d27-ccf5-5a3e-a7f1-1d671a6f44f8', 'task_due',
     'Filter by language and format',
     'Due today.', false, '2026-11-13 07:00+00'),
    -- For Kwame Boateng
    ('b2135d3b-710b-5b97-ad93-82bcdab836ad', '89d864d1-0360-5f6f-9d9b-749541eee3c2', 'service_status',
     'payments is DOWN',
     'The sandbox of the provider answers with 503 since 08:42.', false, '2026-11-13 08:45+00'),
    -- For Rosa Almeida
    ('e95a3204-cfa4-566d-9743-a9674917cad5', 'f79b0363-4662-599b-8114-67e6d95bec60', 'milestone_progress',
     'Orders and payments',
     'Four of ten tasks are done.', false, '2026-11-04 16:05+00')
on conflict (id) do nothing;

insert into webhooks (id, url, events, active, created_by, created_at, updated_at) values
    -- Viktor Hahn
    ('51ead8ff-b22b-554b-bfb1-8518354849fd', 'https://chat.example.com/hooks/shop-team',
     '{task.completed,task.blocked,milestone.completed}', true,
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-08-03 11:00+00', '2026-08-31 09:10+00'),
    -- Kwame Boateng
    ('cbbf9f88-393d-5ea8-852c-96715246dbb5', 'https://pager.example.com/hooks/on-call',
     '{service.down,service.degraded}', true,
     '89d864d1-0360-5f6f-9d9b-749541eee3c2', '2026-08-28 13:00+00', '2026-08-28 13:00+00'),
    -- Asha Menon
    ('91c5cd1e-827b-5a4e-8a06-b22ac258d1d9', 'https://finance.example.com/hooks/projects',
     '{milestone.completed}', true,
     'e4e686b5-9567-5f64-8e00-63acef45b841', '2026-09-21 10:00+00', '2026-09-21 10:00+00'),
    -- Viktor Hahn
    ('b61d2eba-cd9b-5214-8be8-fe7a1b53dbd3', 'https://old-chat.example.com/hooks/17',
     '{task.completed}', false,
     'cfa5d2ad-2359-564f-a36b-77226c9fc867', '2026-08-03 10:40+00', '2026-08-31 09:05+00')
on conflict (id) do nothing;
