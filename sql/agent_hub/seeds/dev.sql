-- Development data for Agent Hub: a library has five kinds of agents work on its two programs, up to the day before today.
--
-- Windows of budgets are about today, so times count back from the beginning of the day on which this is run, in UTC: two
-- databases that are seeded on the same day hold the same rows. Run again it changes nothing, on another day too.
--
-- Every id but those of token_usage is a UUID of version 5, computed beforehand: the namespace is
-- uuid_generate_v5(uuid_ns_url(), 'https://github.com/pg-steward/pg_steward/sql/agent_hub/seeds/dev.sql') = c2dffb1c-ccb2-5ccf-84ce-d81e1dc9feca,
-- and the name is the row's natural key after its table:
--   users/<username>  projects/<name>  agents/<name>  conversations/<title>  messages/<conversation>/<number>
--   github_issues/<project>/<number>  pull_requests/<project>/<number>  tasks/<title>  budget_limits/<name>
--   notifications/<title>/<username>  agent_memory/<agent>/<key>  webhooks/<project>/<number>
-- To run it with psql: psql --single-transaction --set ON_ERROR_STOP=1 --file dev.sql, as the owner of the tables.

-- A time of day, so many days ago.
create function pg_temp.day(days integer, clock interval default '0') returns timestamptz
    language sql
    stable
    return (date_trunc('day', now() at time zone 'UTC') - make_interval(days => days) + clock) at time zone 'UTC';

-- The audit log says who brought the budgets into this database, and when: Mira Okafor, who sets it up.
set local app.current_user_id = '1e16b5f3-6c8a-5ee5-aa8a-9b1abed75fec';

-- No password hashes to "!", so nobody can sign in with these accounts until the application sets a password.
insert into users (id, username, email, password_hash, is_2fa_enabled, is_active, is_admin, telegram_chat_id, created_at, updated_at) values
    ('1e16b5f3-6c8a-5ee5-aa8a-9b1abed75fec', 'mira.okafor', 'mira.okafor@example.com', '!', false, true, true, null,
     pg_temp.day(60, '08:00'), pg_temp.day(60, '08:00')),
    ('9e561e41-2083-5880-9096-30e181d79a4c', 'jonas.weber', 'jonas.weber@example.com', '!', false, true, false, 5550001,
     pg_temp.day(59, '08:00'), pg_temp.day(59, '08:00')),
    ('ce68db3d-9c09-5285-b765-ab066aca30a7', 'leila.karimi', 'leila.karimi@example.com', '!', false, true, false, null,
     pg_temp.day(58, '08:00'), pg_temp.day(58, '08:00')),
    ('fc605680-9e0d-5e68-8a61-72890f9338f5', 'tom.price', 'tom.price@example.com', '!', false, false, false, null,
     pg_temp.day(58, '08:00'), pg_temp.day(20, '08:00'))
on conflict (id) do nothing;

insert into projects (id, name, description, github_repo, github_app_id, github_installation_id, local_path, is_active, owner_id, created_at, updated_at) values
    ('4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'Shelf', 'The catalogue: what there is, where it stands, and who has it.',
     'example-library/shelf', '41001', '957017', '/srv/hub/shelf', true, '9e561e41-2083-5880-9096-30e181d79a4c',
     pg_temp.day(57, '09:00'), pg_temp.day(57, '09:00')),
    ('d3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'Reading room', 'Seats and lockers, booked from home.',
     'example-library/reading-room', '41001', '945017', '/srv/hub/reading-room', true, 'ce68db3d-9c09-5285-b765-ab066aca30a7',
     pg_temp.day(45, '09:00'), pg_temp.day(45, '09:00')),
    ('57d079d4-002c-5433-a4cc-0472d55d8ef4', 'Old intranet', 'Pages that nobody reads any more; kept until the contract ends.',
     'example-library/intranet', null, null, null, false, 'fc605680-9e0d-5e68-8a61-72890f9338f5',
     pg_temp.day(57, '09:00'), pg_temp.day(21, '09:00'))
on conflict (id) do nothing;

insert into agents (id, name, type, model_config, system_prompt, rules_file_path, is_active, project_id, created_at, updated_at) values
    ('62014764-3754-55d3-85a3-8bf46954df65', 'Maestro', 'orchestrator', '{"model": "atlas-large", "temperature": 0.2, "max_tokens": 8192}',
     'Split the work, hand it out, and ask when something is unclear.', null, true, null, pg_temp.day(44, '10:00'), pg_temp.day(44, '10:00')),
    ('64f04116-9a8c-57e5-a302-7a8b39f1e279', 'Vitruv', 'architect', '{"model": "atlas-large", "temperature": 0.6, "max_tokens": 8192}',
     'Draw the smallest thing that will stand.', '.hub/architect.md', true, '4563bbc4-e1da-5036-9b76-e27ac1e67b33', pg_temp.day(44, '10:00'), pg_temp.day(44, '10:00')),
    ('ebfd29c1-72d9-534f-87fe-8717f75f46dc', 'Grace', 'coder', '{"model": "atlas-large", "temperature": 0.2, "max_tokens": 8192}',
     'Write what was asked for, with a test.', '.hub/coder.md', true, '4563bbc4-e1da-5036-9b76-e27ac1e67b33', pg_temp.day(44, '10:00'), pg_temp.day(44, '10:00')),
    ('b2a0f14c-a49f-5b47-8296-4b69c595ad4a', 'Ada', 'coder', '{"model": "atlas-large", "temperature": 0.2, "max_tokens": 8192}',
     'Write what was asked for, with a test.', '.hub/coder.md', true, '4563bbc4-e1da-5036-9b76-e27ac1e67b33', pg_temp.day(44, '10:00'), pg_temp.day(44, '10:00')),
    ('71689320-1445-555c-9b72-604519eb71cc', 'Probe', 'tester', '{"model": "atlas-large", "temperature": 0.2, "max_tokens": 8192}',
     'Try to break it. Say how.', '.hub/tester.md', true, '4563bbc4-e1da-5036-9b76-e27ac1e67b33', pg_temp.day(44, '10:00'), pg_temp.day(44, '10:00')),
    ('73a2c272-3ad9-5794-ba80-8d66b9d548b6', 'Lens', 'reviewer', '{"model": "atlas-small", "temperature": 0.2, "max_tokens": 8192}',
     'Read every line. Praise is welcome too.', '.hub/reviewer.md', true, '4563bbc4-e1da-5036-9b76-e27ac1e67b33', pg_temp.day(44, '10:00'), pg_temp.day(44, '10:00')),
    ('6829bf2c-7b23-5bb7-b545-0541b9de18fb', 'Kurt', 'coder', '{"model": "atlas-large", "temperature": 0.2, "max_tokens": 8192}',
     'Write what was asked for, with a test.', '.hub/coder.md', true, 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', pg_temp.day(44, '10:00'), pg_temp.day(44, '10:00')),
    ('8870fb5f-45be-5916-83a4-13e1bf322c03', 'Pixel', 'tester', '{"model": "atlas-large", "temperature": 0.2, "max_tokens": 8192}',
     'Try it on a small screen, with one hand.', '.hub/tester.md', true, 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', pg_temp.day(44, '10:00'), pg_temp.day(44, '10:00')),
    ('210b1541-4bbc-5af6-be99-9e96dcd41b85', 'Clippy', 'coder', '{"model": "atlas-small", "temperature": 0.2, "max_tokens": 8192}',
     null, null, false, '57d079d4-002c-5433-a4cc-0472d55d8ef4', pg_temp.day(44, '10:00'), pg_temp.day(21, '10:00'))
on conflict (id) do nothing;

insert into conversations (id, title, type, status, project_id, created_by_user_id, created_by_agent_id, created_at, updated_at) values
    ('75835b7f-7510-523c-ae61-d4c4c1a22f83', 'Scanning at the desk', 'issue', 'completed', '4563bbc4-e1da-5036-9b76-e27ac1e67b33',
     '9e561e41-2083-5880-9096-30e181d79a4c', null, pg_temp.day(28, '09:00'), pg_temp.day(22, '17:00')),
    ('d30915ce-3ede-5954-8772-e8cfd22f15db', 'Search finds too much', 'issue', 'active', '4563bbc4-e1da-5036-9b76-e27ac1e67b33',
     '9e561e41-2083-5880-9096-30e181d79a4c', null, pg_temp.day(12, '09:00'), pg_temp.day(2, '17:00')),
    ('21c9cfce-a008-5865-8d35-87e206682218', 'Labels for the new shelves', 'task', 'completed', '4563bbc4-e1da-5036-9b76-e27ac1e67b33',
     null, '62014764-3754-55d3-85a3-8bf46954df65', pg_temp.day(26, '09:00'), pg_temp.day(19, '17:00')),
    ('002fd828-1557-5b77-a11c-ac6de962263f', 'Overdue reminders', 'task', 'active', '4563bbc4-e1da-5036-9b76-e27ac1e67b33',
     null, '62014764-3754-55d3-85a3-8bf46954df65', pg_temp.day(9, '09:00'), pg_temp.day(1, '17:00')),
    ('295809a4-2013-5ab3-b2cb-c837d48ec865', 'Review: faster search', 'review', 'active', '4563bbc4-e1da-5036-9b76-e27ac1e67b33',
     null, '73a2c272-3ad9-5794-ba80-8d66b9d548b6', pg_temp.day(4, '09:00'), pg_temp.day(1, '17:00')),
    ('94165c03-fb39-529d-994f-c545434ef796', 'What to do next month', 'general', 'active', null,
     '1e16b5f3-6c8a-5ee5-aa8a-9b1abed75fec', null, pg_temp.day(6, '09:00'), pg_temp.day(3, '17:00')),
    ('6aefa38f-4da8-5034-8656-5757a29a2c81', 'Booking a seat', 'task', 'completed', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc',
     null, '62014764-3754-55d3-85a3-8bf46954df65', pg_temp.day(29, '09:00'), pg_temp.day(14, '17:00')),
    ('c4270e3b-c268-5dff-b07d-6c7e161373d7', 'Lockers', 'task', 'active', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc',
     null, '62014764-3754-55d3-85a3-8bf46954df65', pg_temp.day(13, '09:00'), pg_temp.day(1, '17:00')),
    ('345d083f-4e8b-57ab-ae32-c82c11a7c8a9', 'A seat is booked twice', 'issue', 'active', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc',
     'ce68db3d-9c09-5285-b765-ab066aca30a7', null, pg_temp.day(3, '09:00'), pg_temp.day(1, '17:00')),
    ('fca62ed3-2b50-5e09-99bb-a0b6fcf7c7d3', 'Moving the old pages', 'general', 'archived', '57d079d4-002c-5433-a4cc-0472d55d8ef4',
     'fc605680-9e0d-5e68-8a61-72890f9338f5', null, pg_temp.day(40, '09:00'), pg_temp.day(21, '17:00'))
on conflict (id) do nothing;

insert into github_issues (id, github_id, number, title, body, state, labels, assignee, project_id, conversation_id, created_at, updated_at, github_created_at, github_updated_at) values
    ('1dfd1bd7-b975-5fab-a336-b5bc7ae70b9b', 910012, 12, 'The scanner reads books twice', null, 'closed', '["bug", "desk"]',
     'grace-agent', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '75835b7f-7510-523c-ae61-d4c4c1a22f83',
     pg_temp.day(28, '08:30'), pg_temp.day(23, '17:05'), pg_temp.day(28, '08:28'), pg_temp.day(23, '17:04')),
    ('b2ae174d-8c62-5cea-8c4a-10410483b56f', 910013, 13, 'Labels for 120 new shelves', null, 'closed', '["wish"]',
     'grace-agent', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '21c9cfce-a008-5865-8d35-87e206682218',
     pg_temp.day(27, '08:30'), pg_temp.day(19, '17:05'), pg_temp.day(27, '08:28'), pg_temp.day(19, '17:04')),
    ('0b30fed6-a079-5ee8-94cb-deef07521bc0', 910017, 17, 'Search finds too much', null, 'open', '["bug", "search"]',
     'ada-agent', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'd30915ce-3ede-5954-8772-e8cfd22f15db',
     pg_temp.day(12, '08:30'), pg_temp.day(2, '17:05'), pg_temp.day(12, '08:28'), pg_temp.day(2, '17:04')),
    ('565ef88d-fe8e-59a3-bf35-04be0edfb112', 910018, 18, 'Remind people of books that are due', null, 'open', '["wish"]',
     'grace-agent', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '002fd828-1557-5b77-a11c-ac6de962263f',
     pg_temp.day(10, '08:30'), pg_temp.day(1, '17:05'), pg_temp.day(10, '08:28'), pg_temp.day(1, '17:04')),
    ('7c241ccc-2786-5f8f-bf6d-0853e012bc0b', 910020, 20, 'Covers are loaded before titles', null, 'closed', '["bug", "slow"]',
     'ada-agent', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', null,
     pg_temp.day(18, '08:30'), pg_temp.day(11, '17:05'), pg_temp.day(18, '08:28'), pg_temp.day(11, '17:04')),
    ('18017aca-b13b-5bb7-aa37-5569295f9718', 910022, 22, 'Loans between branches', null, 'open', '["wish", "large"]',
     null, '4563bbc4-e1da-5036-9b76-e27ac1e67b33', null,
     pg_temp.day(5, '08:30'), pg_temp.day(3, '17:05'), pg_temp.day(5, '08:28'), pg_temp.day(3, '17:04')),
    ('81c9d0c5-d0aa-5c95-8bc7-501d9bfce43c', 910023, 23, 'A title that is only a common word', null, 'open', '["bug", "search"]',
     null, '4563bbc4-e1da-5036-9b76-e27ac1e67b33', null,
     pg_temp.day(2, '08:30'), pg_temp.day(2, '17:05'), pg_temp.day(2, '08:28'), pg_temp.day(2, '17:04')),
    ('b5aeeeb4-0ca3-5e66-a962-cbf7ffad2c3c', 920004, 4, 'Book a seat', null, 'closed', '["wish"]',
     'kurt-agent', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', '6aefa38f-4da8-5034-8656-5757a29a2c81',
     pg_temp.day(30, '08:30'), pg_temp.day(14, '17:05'), pg_temp.day(30, '08:28'), pg_temp.day(14, '17:04')),
    ('78733739-4b37-5e4d-a57f-4e94577ee69f', 920006, 6, 'Book a locker', null, 'open', '["wish"]',
     'kurt-agent', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'c4270e3b-c268-5dff-b07d-6c7e161373d7',
     pg_temp.day(14, '08:30'), pg_temp.day(1, '17:05'), pg_temp.day(14, '08:28'), pg_temp.day(1, '17:04')),
    ('5d79edeb-578e-52e9-b0fc-f48628e3831d', 920009, 9, 'A seat is booked twice', null, 'open', '["bug", "urgent"]',
     'kurt-agent', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', '345d083f-4e8b-57ab-ae32-c82c11a7c8a9',
     pg_temp.day(3, '08:30'), pg_temp.day(1, '17:05'), pg_temp.day(3, '08:28'), pg_temp.day(1, '17:04')),
    ('cbc092b0-5562-5260-8aa9-dd72ea94861c', 920010, 10, 'The date is 31 days long', null, 'closed', '["bug", "phone"]',
     'kurt-agent', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', null,
     pg_temp.day(18, '08:30'), pg_temp.day(14, '17:05'), pg_temp.day(18, '08:28'), pg_temp.day(14, '17:04')),
    ('28cc7192-5791-5293-a5c7-2cd367dba7a5', 920011, 11, 'Tell when all lockers are taken', null, 'open', '["wish"]',
     null, 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', null,
     pg_temp.day(5, '08:30'), pg_temp.day(5, '17:05'), pg_temp.day(5, '08:28'), pg_temp.day(5, '17:04'))
on conflict (id) do nothing;

insert into pull_requests (id, github_id, number, title, branch_from, branch_to, state, is_draft, review_status, test_status,
                           project_id, issue_id, conversation_id, created_by_agent_id, created_at, updated_at, merged_at, github_created_at) values
    ('255fe31c-2b6e-57b6-9c2a-45de2497d718', 810027, 27, 'A book comes back once', 'desk/twice', 'main', 'merged', false, 'approved', 'passed',
     '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '1dfd1bd7-b975-5fab-a336-b5bc7ae70b9b', '75835b7f-7510-523c-ae61-d4c4c1a22f83',
     'ebfd29c1-72d9-534f-87fe-8717f75f46dc', pg_temp.day(25, '12:00'), pg_temp.day(23, '15:30'), pg_temp.day(23, '15:30'), pg_temp.day(25, '11:58')),
    ('94ffbfa2-2df5-5a9e-b2c2-d49828cbb3fc', 810028, 28, 'Print labels in two columns', 'labels', 'main', 'merged', false, 'approved', 'passed',
     '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'b2ae174d-8c62-5cea-8c4a-10410483b56f', '21c9cfce-a008-5865-8d35-87e206682218',
     'ebfd29c1-72d9-534f-87fe-8717f75f46dc', pg_temp.day(22, '12:00'), pg_temp.day(20, '15:30'), pg_temp.day(20, '15:30'), pg_temp.day(22, '11:58')),
    ('f10fe49d-a272-519b-81f7-1acc5c35176c', 810029, 29, 'Load titles first', 'covers', 'main', 'merged', false, 'approved', 'passed',
     '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '7c241ccc-2786-5f8f-bf6d-0853e012bc0b', null,
     'b2a0f14c-a49f-5b47-8296-4b69c595ad4a', pg_temp.day(15, '12:00'), pg_temp.day(11, '15:30'), pg_temp.day(11, '15:30'), pg_temp.day(15, '11:58')),
    ('4d1a4139-8350-5e5a-9a17-9cf2f8ed7142', 810031, 31, 'Leave common words out of the search', 'search/common', 'main', 'open', false, 'changes_requested', 'passed',
     '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '0b30fed6-a079-5ee8-94cb-deef07521bc0', '295809a4-2013-5ab3-b2cb-c837d48ec865',
     'b2a0f14c-a49f-5b47-8296-4b69c595ad4a', pg_temp.day(5, '12:00'), pg_temp.day(5, '15:30'), null, pg_temp.day(5, '11:58')),
    ('6e221449-4dfb-5f67-901d-4918acb41640', 810032, 32, 'Send reminders', 'reminders', 'main', 'open', true, null, 'running',
     '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '565ef88d-fe8e-59a3-bf35-04be0edfb112', '002fd828-1557-5b77-a11c-ac6de962263f',
     'ebfd29c1-72d9-534f-87fe-8717f75f46dc', pg_temp.day(2, '12:00'), pg_temp.day(2, '15:30'), null, pg_temp.day(2, '11:58')),
    ('91cbbcda-1cb8-5e5a-94e9-56003e122820', 820005, 5, 'Book a seat, give it back', 'seats', 'main', 'merged', false, 'approved', 'passed',
     'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'b5aeeeb4-0ca3-5e66-a962-cbf7ffad2c3c', '6aefa38f-4da8-5034-8656-5757a29a2c81',
     '6829bf2c-7b23-5bb7-b545-0541b9de18fb', pg_temp.day(22, '12:00'), pg_temp.day(19, '15:30'), pg_temp.day(19, '15:30'), pg_temp.day(22, '11:58')),
    ('c0e8e3f2-49ed-5a65-8ae8-fd0df9019fbd', 820007, 7, 'A week at a time', 'week', 'main', 'merged', false, 'approved', 'passed',
     'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'cbc092b0-5562-5260-8aa9-dd72ea94861c', null,
     '6829bf2c-7b23-5bb7-b545-0541b9de18fb', pg_temp.day(16, '12:00'), pg_temp.day(14, '15:30'), pg_temp.day(14, '15:30'), pg_temp.day(16, '11:58')),
    ('b65b92df-ef50-5a64-b1ca-0a4863c8a3c0', 820012, 12, 'Lockers', 'lockers', 'main', 'open', false, null, 'failed',
     'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', '78733739-4b37-5e4d-a57f-4e94577ee69f', 'c4270e3b-c268-5dff-b07d-6c7e161373d7',
     '6829bf2c-7b23-5bb7-b545-0541b9de18fb', pg_temp.day(4, '12:00'), pg_temp.day(4, '15:30'), null, pg_temp.day(4, '11:58')),
    ('0c8bf593-825b-5ab8-9a9f-62fe9e3a80ee', 820008, 8, 'Seats by drawing lots', 'lots', 'main', 'closed', false, 'rejected', 'passed',
     'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'b5aeeeb4-0ca3-5e66-a962-cbf7ffad2c3c', null,
     '6829bf2c-7b23-5bb7-b545-0541b9de18fb', pg_temp.day(24, '12:00'), pg_temp.day(24, '15:30'), null, pg_temp.day(24, '11:58'))
on conflict (id) do nothing;

-- What was used: by nightly tests, the last of them when today began; by the work on tasks; and by the messages of agents.
create temporary view seeded_usage as
    with model (model, usd_in, usd_out) as (
        -- For a million tokens.
        values ('atlas-large', 3.00, 15.00), ('atlas-small', 0.25, 1.25)
    ),
    night (agent_id, tokens_in, tokens_out) as (
        values
            -- Probe, Pixel
            ('71689320-1445-555c-9b72-604519eb71cc'::uuid, 180000, 6000),
            ('8870fb5f-45be-5916-83a4-13e1bf322c03', 240000, 10000)
    ),
    work (agent_id, task_id, first_day, last_day, requests) as (
        values
            -- Probe: Find out what the scanner sends
            ('71689320-1445-555c-9b72-604519eb71cc'::uuid, '09d2bc25-4931-5167-b9f8-fb9ca6323dda'::uuid, 28, 27, 3),
            -- Grace: Let a book come back once
            ('ebfd29c1-72d9-534f-87fe-8717f75f46dc', '094e67bb-6a0e-5ac6-bfc3-e838b02905c5', 27, 23, 7),
            -- Grace: Print 120 labels
            ('ebfd29c1-72d9-534f-87fe-8717f75f46dc', 'ec996170-f351-5a0a-bcd7-e2267aae1519', 23, 20, 7),
            -- Probe: Read the labels back
            ('71689320-1445-555c-9b72-604519eb71cc', '03ce2baa-b8d7-5215-8b76-4e8ac2ae8413', 20, 19, 3),
            -- Ada: Load titles before covers
            ('b2a0f14c-a49f-5b47-8296-4b69c595ad4a', '3ad81357-ec2b-5dad-ae7c-43eb173530d4', 18, 11, 6),
            -- Vitruv: Draw how common words are left out
            ('64f04116-9a8c-57e5-a302-7a8b39f1e279', '292d4f41-d25d-5b4f-aad7-51c7c3fe7eea', 12, 9, 4),
            -- Ada: Leave common words out
            ('b2a0f14c-a49f-5b47-8296-4b69c595ad4a', '40de3d21-3660-5bf7-9990-cc87a9ee21b2', 10, 1, 6),
            -- Lens: Review the faster search
            ('73a2c272-3ad9-5794-ba80-8d66b9d548b6', '2435d5b5-5df9-5547-9922-b2fc0900a43c', 4, 1, 9),
            -- Grace: Write reminders
            ('ebfd29c1-72d9-534f-87fe-8717f75f46dc', '2b9741c5-d9a5-593a-9fbd-b72198b74d26', 8, 1, 7),
            -- Probe: Try reminders at night
            ('71689320-1445-555c-9b72-604519eb71cc', '8eb6ce40-3b4b-5b5c-97ba-0c55b42cebb5', 2, 1, 3),
            -- Vitruv: Draw loans between branches
            ('64f04116-9a8c-57e5-a302-7a8b39f1e279', '772959d8-b6bd-585f-8c14-5c173aaa927b', 4, 1, 4),
            -- Ada: Guess the genre from the cover
            ('b2a0f14c-a49f-5b47-8296-4b69c595ad4a', '0305e758-b191-5ac6-8082-43fe1a897faa', 30, 26, 6),
            -- Kurt: Book a seat
            ('6829bf2c-7b23-5bb7-b545-0541b9de18fb', '29295e2f-84d8-5434-bf9c-92689995b11c', 29, 19, 6),
            -- Kurt: Draw lots for seats
            ('6829bf2c-7b23-5bb7-b545-0541b9de18fb', 'a3d51f19-e58f-5755-afcd-5bf1f3f40fff', 25, 24, 6),
            -- Pixel: Try booking with one thumb
            ('8870fb5f-45be-5916-83a4-13e1bf322c03', '3be13a61-1c64-5cd6-8eb5-ca9821b4be9f', 19, 17, 3),
            -- Kurt: Show a week at a time
            ('6829bf2c-7b23-5bb7-b545-0541b9de18fb', '939a13e5-da81-5c4b-8fe3-f15031cec0d9', 17, 14, 6),
            -- Kurt: Build lockers
            ('6829bf2c-7b23-5bb7-b545-0541b9de18fb', 'fc828772-1813-5776-9bc3-58972ebe6e36', 13, 1, 6),
            -- Pixel: Try lockers with one thumb
            ('8870fb5f-45be-5916-83a4-13e1bf322c03', '70f20b3a-75ba-5e4d-b2b6-559474205333', 3, 1, 3),
            -- Kurt: Hold a seat while it is booked
            ('6829bf2c-7b23-5bb7-b545-0541b9de18fb', 'e8ce92d0-fdc2-5847-b47e-5e64525d55b4', 2, 1, 6)
    ),
    said (message_id, agent_id, days, clock, tokens_in, tokens_out) as (
        values
            ('503809d1-473a-506c-9d5f-92dc4a2ff058'::uuid, '62014764-3754-55d3-85a3-8bf46954df65'::uuid, 28, '09:02'::interval, 4200, 180),
            ('4c3801fc-e9dd-5bcc-be84-007b5de06903', '71689320-1445-555c-9b72-604519eb71cc', 28, '09:20', 18500, 420),
            ('f92c6bdc-170a-546e-9674-fc6c125ed1da', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', 28, '10:05', 12100, 690),
            ('e1cbf553-8bb7-5c19-80c2-1d7a2d900e77', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', 23, '15:40', 9800, 240),
            ('25a71152-664c-52da-8634-f88cc802c2b4', '64f04116-9a8c-57e5-a302-7a8b39f1e279', 12, '09:30', 15200, 910),
            ('6489e545-2326-5bee-808f-2acad4cd5b36', 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a', 8, '11:10', 21400, 760),
            ('300c5a11-dc2e-5bda-9e12-f2e9f3f0fb3e', '73a2c272-3ad9-5794-ba80-8d66b9d548b6', 4, '09:45', 26000, 540),
            ('c1e6df85-423e-522d-9a9d-0d5c0d00f2f3', '62014764-3754-55d3-85a3-8bf46954df65', 26, '09:00', 3900, 260),
            ('64c3e351-1149-5b62-9cbf-c9a5bbc4e723', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', 25, '13:30', 8700, 210),
            ('3bb1eace-e723-50d6-97f6-c65199ae6f8b', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', 21, '16:00', 9900, 330),
            ('79be6a16-da44-541a-8cc7-1f11d78adfb0', '71689320-1445-555c-9b72-604519eb71cc', 19, '17:00', 11200, 150),
            ('d74ab8eb-352b-51a6-9ce0-fd86ec42c51e', '62014764-3754-55d3-85a3-8bf46954df65', 9, '09:00', 4100, 230),
            ('de20cacb-f619-515d-846a-6b13767ac5dc', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', 7, '14:20', 13800, 520),
            ('96538313-ace0-580e-a298-284e97ceb853', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', 1, '17:00', 16900, 610),
            ('49f54457-9e9b-5b81-b078-1319a877b253', '73a2c272-3ad9-5794-ba80-8d66b9d548b6', 4, '09:00', 31200, 480),
            ('9280162c-b975-535f-949f-2baadca2f0c4', '73a2c272-3ad9-5794-ba80-8d66b9d548b6', 4, '09:40', 28800, 390),
            ('1d75a7e4-b54c-5f20-85dc-671e4492bc08', 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a', 3, '10:15', 17300, 640),
            ('61a11255-f35a-50c4-8d7c-1b00fc48495e', '73a2c272-3ad9-5794-ba80-8d66b9d548b6', 1, '17:00', 24500, 280),
            ('2742b0f6-0e88-5965-9177-14e900afde32', '62014764-3754-55d3-85a3-8bf46954df65', 6, '09:05', 6800, 540),
            ('c5da9cf4-8802-5e4b-b09d-e4dc69463dde', '64f04116-9a8c-57e5-a302-7a8b39f1e279', 3, '17:00', 22300, 1480),
            ('cfa11f1e-618f-5c63-9892-5d340256473e', '62014764-3754-55d3-85a3-8bf46954df65', 29, '09:00', 3600, 190),
            ('0a8307b9-d32e-5d62-9319-8568ad8ef8ee', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', 20, '16:30', 14600, 720),
            ('cf80d074-b0bd-5667-9b8b-7c731d2e024e', '8870fb5f-45be-5916-83a4-13e1bf322c03', 18, '11:00', 19800, 450),
            ('9e9bd04f-5270-516d-8cf7-f17c8a58262d', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', 14, '17:00', 12700, 380),
            ('3ab27696-8101-592e-a0b2-9467ccd669ac', '62014764-3754-55d3-85a3-8bf46954df65', 13, '09:00', 3700, 210),
            ('7655451d-da79-562c-990d-6ecbf0759f9a', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', 13, '09:40', 5200, 90),
            ('89e9d0ce-704a-53a5-a309-a37408184f59', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', 1, '17:00', 15900, 570),
            ('d4382b41-c3cb-5993-9dcb-2603ae552b22', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', 3, '09:25', 20100, 880),
            ('9d5694e6-5b0b-5d80-ab72-57549ca1153a', '8870fb5f-45be-5916-83a4-13e1bf322c03', 1, '17:00', 23400, 520)
    ),
    request (name, agent_id, task_id, message_id, at, tokens_in, tokens_out) as (
        select format('night/%s/%s', agent_id, days), agent_id, null::uuid, null::uuid, pg_temp.day(days), tokens_in, tokens_out
        from night, generate_series(0, 30) as days
        union all
        -- Between 8 and 18 o'clock, with 6 to 30 thousand tokens in and 300 to 3300 out.
        select name, agent_id, task_id, null, pg_temp.day(days, '8 hours' + turn * interval '10 hours' / requests + chance % 1800 * interval '1 second'),
            6000 + chance % 24000, 300 + chance % 3001
        from work, generate_series(last_day, first_day) as days, generate_series(0, requests - 1) as turn,
            format('task/%s/%s/%s', task_id, days, turn) as name, lateral (select ('x' || left(md5(name), 7))::bit(28)::integer) as dice (chance)
        union all
        select format('message/%s', message_id), agent_id, null, message_id, pg_temp.day(days, clock), tokens_in, tokens_out
        from said
    )
    select md5('token_usage/' || request.name)::uuid as id, at, request.agent_id, task_id, message_id, model.model, tokens_in, tokens_out,
        round((tokens_in * usd_in + tokens_out * usd_out) / 1000000, 6) as cost_usd,
        400 + tokens_out * 11 as request_duration_ms,
        jsonb_build_object('request_id', left(md5(request.name), 12)) as metadata
    from request
    join agents on agents.id = request.agent_id
    join model on model.model = agents.model_config ->> 'model';

-- With the sums of their usage, so that the rule finds nothing to write: that would stamp updated_at.
insert into tasks (id, title, description, status, priority, assigned_to_agent_id, issue_id, project_id, pr_id, definition_of_done,
                   created_at, started_at, completed_at, updated_at, total_tokens_used, total_cost_usd)
select task.*, coalesce(used.tokens, 0), coalesce(used.cost_usd, 0)
from (values
    -- Shelf
    ('09d2bc25-4931-5167-b9f8-fb9ca6323dda'::uuid, 'Find out what the scanner sends', null::text, 'completed', 'high', '71689320-1445-555c-9b72-604519eb71cc'::uuid,
     '1dfd1bd7-b975-5fab-a336-b5bc7ae70b9b'::uuid, '4563bbc4-e1da-5036-9b76-e27ac1e67b33'::uuid, null::uuid, 'A log of ten books.',
     pg_temp.day(28, '09:10'), pg_temp.day(28, '09:30'), pg_temp.day(27, '15:30'), pg_temp.day(27, '15:30')),
    ('094e67bb-6a0e-5ac6-bfc3-e838b02905c5', 'Let a book come back once', 'Twice within two seconds is once.', 'completed', 'high', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc',
     '1dfd1bd7-b975-5fab-a336-b5bc7ae70b9b', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '255fe31c-2b6e-57b6-9c2a-45de2497d718', 'A test with the log of the scanner.',
     pg_temp.day(28, '09:10'), pg_temp.day(27, '09:30'), pg_temp.day(23, '15:30'), pg_temp.day(23, '15:30')),
    ('ec996170-f351-5a0a-bcd7-e2267aae1519', 'Print 120 labels', null, 'completed', 'medium', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc',
     'b2ae174d-8c62-5cea-8c4a-10410483b56f', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '94ffbfa2-2df5-5a9e-b2c2-d49828cbb3fc', 'On the paper that the printer has.',
     pg_temp.day(26, '09:10'), pg_temp.day(23, '09:30'), pg_temp.day(20, '15:30'), pg_temp.day(20, '15:30')),
    ('03ce2baa-b8d7-5215-8b76-4e8ac2ae8413', 'Read the labels back', null, 'completed', 'low', '71689320-1445-555c-9b72-604519eb71cc',
     'b2ae174d-8c62-5cea-8c4a-10410483b56f', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', null, 'At arms length.',
     pg_temp.day(26, '09:10'), pg_temp.day(20, '09:30'), pg_temp.day(19, '15:30'), pg_temp.day(19, '15:30')),
    ('3ad81357-ec2b-5dad-ae7c-43eb173530d4', 'Load titles before covers', null, 'completed', 'medium', 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a',
     '7c241ccc-2786-5f8f-bf6d-0853e012bc0b', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'f10fe49d-a272-519b-81f7-1acc5c35176c', 'A list is there within a second.',
     pg_temp.day(18, '09:10'), pg_temp.day(18, '09:30'), pg_temp.day(11, '15:30'), pg_temp.day(11, '15:30')),
    ('292d4f41-d25d-5b4f-aad7-51c7c3fe7eea', 'Draw how common words are left out', null, 'completed', 'medium', '64f04116-9a8c-57e5-a302-7a8b39f1e279',
     '0b30fed6-a079-5ee8-94cb-deef07521bc0', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', null, 'One page.',
     pg_temp.day(12, '09:10'), pg_temp.day(12, '09:30'), pg_temp.day(9, '15:30'), pg_temp.day(9, '15:30')),
    ('40de3d21-3660-5bf7-9990-cc87a9ee21b2', 'Leave common words out', 'And never all of a title.', 'review', 'high', 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a',
     '0b30fed6-a079-5ee8-94cb-deef07521bc0', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '4d1a4139-8350-5e5a-9a17-9cf2f8ed7142', '"The sea" finds the sea; "It" finds It.',
     pg_temp.day(11, '09:10'), pg_temp.day(10, '09:30'), null, pg_temp.day(1, '15:30')),
    ('2435d5b5-5df9-5547-9922-b2fc0900a43c', 'Review the faster search', null, 'in_progress', 'medium', '73a2c272-3ad9-5794-ba80-8d66b9d548b6',
     '0b30fed6-a079-5ee8-94cb-deef07521bc0', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '4d1a4139-8350-5e5a-9a17-9cf2f8ed7142', null,
     pg_temp.day(5, '09:10'), pg_temp.day(4, '09:30'), null, pg_temp.day(1, '15:30')),
    ('2b9741c5-d9a5-593a-9fbd-b72198b74d26', 'Write reminders', 'A week before, on the day, a week after.', 'testing', 'high', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc',
     '565ef88d-fe8e-59a3-bf35-04be0edfb112', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '6e221449-4dfb-5f67-901d-4918acb41640', 'Each is sent once.',
     pg_temp.day(9, '09:10'), pg_temp.day(8, '09:30'), null, pg_temp.day(1, '15:30')),
    ('8eb6ce40-3b4b-5b5c-97ba-0c55b42cebb5', 'Try reminders at night', null, 'in_progress', 'medium', '71689320-1445-555c-9b72-604519eb71cc',
     '565ef88d-fe8e-59a3-bf35-04be0edfb112', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '6e221449-4dfb-5f67-901d-4918acb41640', null,
     pg_temp.day(3, '09:10'), pg_temp.day(2, '09:30'), null, pg_temp.day(1, '15:30')),
    ('772959d8-b6bd-585f-8c14-5c173aaa927b', 'Draw loans between branches', null, 'in_progress', 'medium', '64f04116-9a8c-57e5-a302-7a8b39f1e279',
     '18017aca-b13b-5bb7-aa37-5569295f9718', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', null, 'One page.',
     pg_temp.day(5, '09:10'), pg_temp.day(4, '09:30'), null, pg_temp.day(1, '15:30')),
    ('10cd0ff8-fb73-5ea7-9831-266ab6deeb1b', 'Build loans between branches', null, 'pending', 'medium', null,
     '18017aca-b13b-5bb7-aa37-5569295f9718', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', null, null,
     pg_temp.day(3, '09:10'), null, null, pg_temp.day(3, '15:30')),
    ('8abfa4c3-3fc8-55c4-92b3-34b7f5532d1a', 'A title that is only a common word', null, 'pending', 'urgent', 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a',
     '81c9d0c5-d0aa-5c95-8bc7-501d9bfce43c', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', null, '"It" is found.',
     pg_temp.day(2, '09:10'), null, null, pg_temp.day(2, '15:30')),
    ('0305e758-b191-5ac6-8082-43fe1a897faa', 'Guess the genre from the cover', null, 'failed', 'low', 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a',
     null, '4563bbc4-e1da-5036-9b76-e27ac1e67b33', null, null,
     pg_temp.day(30, '09:10'), pg_temp.day(30, '09:30'), null, pg_temp.day(26, '15:30')),
    -- Reading room
    ('29295e2f-84d8-5434-bf9c-92689995b11c', 'Book a seat', null, 'completed', 'high', '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     'b5aeeeb4-0ca3-5e66-a962-cbf7ffad2c3c', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', '91cbbcda-1cb8-5e5a-94e9-56003e122820', 'A seat, a day, a name.',
     pg_temp.day(29, '09:10'), pg_temp.day(29, '09:30'), pg_temp.day(19, '15:30'), pg_temp.day(19, '15:30')),
    ('a3d51f19-e58f-5755-afcd-5bf1f3f40fff', 'Draw lots for seats', null, 'failed', 'low', '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     'b5aeeeb4-0ca3-5e66-a962-cbf7ffad2c3c', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', '0c8bf593-825b-5ab8-9a9f-62fe9e3a80ee', null,
     pg_temp.day(25, '09:10'), pg_temp.day(25, '09:30'), null, pg_temp.day(24, '15:30')),
    ('3be13a61-1c64-5cd6-8eb5-ca9821b4be9f', 'Try booking with one thumb', null, 'completed', 'medium', '8870fb5f-45be-5916-83a4-13e1bf322c03',
     'b5aeeeb4-0ca3-5e66-a962-cbf7ffad2c3c', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', null, null,
     pg_temp.day(20, '09:10'), pg_temp.day(19, '09:30'), pg_temp.day(17, '15:30'), pg_temp.day(17, '15:30')),
    ('939a13e5-da81-5c4b-8fe3-f15031cec0d9', 'Show a week at a time', null, 'completed', 'medium', '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     'cbc092b0-5562-5260-8aa9-dd72ea94861c', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'c0e8e3f2-49ed-5a65-8ae8-fd0df9019fbd', null,
     pg_temp.day(17, '09:10'), pg_temp.day(17, '09:30'), pg_temp.day(14, '15:30'), pg_temp.day(14, '15:30')),
    ('fc828772-1813-5776-9bc3-58972ebe6e36', 'Build lockers', 'Broken ones cannot be booked.', 'testing', 'medium', '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     '78733739-4b37-5e4d-a57f-4e94577ee69f', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'b65b92df-ef50-5a64-b1ca-0a4863c8a3c0', '7, 19 and 20 cannot be booked.',
     pg_temp.day(13, '09:10'), pg_temp.day(13, '09:30'), null, pg_temp.day(1, '15:30')),
    ('70f20b3a-75ba-5e4d-b2b6-559474205333', 'Try lockers with one thumb', null, 'in_progress', 'low', '8870fb5f-45be-5916-83a4-13e1bf322c03',
     '78733739-4b37-5e4d-a57f-4e94577ee69f', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'b65b92df-ef50-5a64-b1ca-0a4863c8a3c0', null,
     pg_temp.day(4, '09:10'), pg_temp.day(3, '09:30'), null, pg_temp.day(1, '15:30')),
    ('e8ce92d0-fdc2-5847-b47e-5e64525d55b4', 'Hold a seat while it is booked', null, 'in_progress', 'urgent', '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     '5d79edeb-578e-52e9-b0fc-f48628e3831d', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', null, 'Two phones, a hundred times, one ticket.',
     pg_temp.day(3, '09:10'), pg_temp.day(2, '09:30'), null, pg_temp.day(1, '15:30')),
    ('a98f4a26-10dd-5689-94e0-602119a99195', 'Tell when all lockers are taken', null, 'pending', 'low', null,
     '28cc7192-5791-5293-a5c7-2cd367dba7a5', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', null, null,
     pg_temp.day(5, '09:10'), null, null, pg_temp.day(5, '15:30'))
) as task (id, title, description, status, priority, assigned_to_agent_id, issue_id, project_id, pr_id, definition_of_done,
         created_at, started_at, completed_at, updated_at)
left join (
    select task_id, sum(tokens_in + tokens_out) as tokens, sum(cost_usd) as cost_usd from seeded_usage group by 1
) as used on used.task_id = task.id
on conflict (id) do nothing;

-- Who writes takes part by itself; these are the same times, and some who only listen.
insert into conversation_participants (conversation_id, agent_id, joined_at) values
    -- Scanning at the desk
    ('75835b7f-7510-523c-ae61-d4c4c1a22f83', '62014764-3754-55d3-85a3-8bf46954df65', pg_temp.day(28, '09:02')),
    ('75835b7f-7510-523c-ae61-d4c4c1a22f83', '71689320-1445-555c-9b72-604519eb71cc', pg_temp.day(28, '09:20')),
    ('75835b7f-7510-523c-ae61-d4c4c1a22f83', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', pg_temp.day(28, '10:05')),
    ('75835b7f-7510-523c-ae61-d4c4c1a22f83', '73a2c272-3ad9-5794-ba80-8d66b9d548b6', pg_temp.day(27, '12:00')),
    -- Search finds too much
    ('d30915ce-3ede-5954-8772-e8cfd22f15db', '64f04116-9a8c-57e5-a302-7a8b39f1e279', pg_temp.day(12, '09:30')),
    ('d30915ce-3ede-5954-8772-e8cfd22f15db', 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a', pg_temp.day(8, '11:10')),
    ('d30915ce-3ede-5954-8772-e8cfd22f15db', '73a2c272-3ad9-5794-ba80-8d66b9d548b6', pg_temp.day(4, '09:45')),
    -- Labels for the new shelves
    ('21c9cfce-a008-5865-8d35-87e206682218', '62014764-3754-55d3-85a3-8bf46954df65', pg_temp.day(26, '09:00')),
    ('21c9cfce-a008-5865-8d35-87e206682218', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', pg_temp.day(25, '13:30')),
    ('21c9cfce-a008-5865-8d35-87e206682218', '71689320-1445-555c-9b72-604519eb71cc', pg_temp.day(19, '17:00')),
    -- Overdue reminders
    ('002fd828-1557-5b77-a11c-ac6de962263f', '62014764-3754-55d3-85a3-8bf46954df65', pg_temp.day(9, '09:00')),
    ('002fd828-1557-5b77-a11c-ac6de962263f', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', pg_temp.day(7, '14:20')),
    ('002fd828-1557-5b77-a11c-ac6de962263f', '71689320-1445-555c-9b72-604519eb71cc', pg_temp.day(9, '09:00')),
    -- Review: faster search
    ('295809a4-2013-5ab3-b2cb-c837d48ec865', '73a2c272-3ad9-5794-ba80-8d66b9d548b6', pg_temp.day(4, '09:00')),
    ('295809a4-2013-5ab3-b2cb-c837d48ec865', 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a', pg_temp.day(3, '10:15')),
    -- What to do next month
    ('94165c03-fb39-529d-994f-c545434ef796', '62014764-3754-55d3-85a3-8bf46954df65', pg_temp.day(6, '09:05')),
    ('94165c03-fb39-529d-994f-c545434ef796', '64f04116-9a8c-57e5-a302-7a8b39f1e279', pg_temp.day(3, '17:00')),
    -- Booking a seat
    ('6aefa38f-4da8-5034-8656-5757a29a2c81', '62014764-3754-55d3-85a3-8bf46954df65', pg_temp.day(29, '09:00')),
    ('6aefa38f-4da8-5034-8656-5757a29a2c81', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', pg_temp.day(20, '16:30')),
    ('6aefa38f-4da8-5034-8656-5757a29a2c81', '8870fb5f-45be-5916-83a4-13e1bf322c03', pg_temp.day(18, '11:00')),
    -- Lockers
    ('c4270e3b-c268-5dff-b07d-6c7e161373d7', '62014764-3754-55d3-85a3-8bf46954df65', pg_temp.day(13, '09:00')),
    ('c4270e3b-c268-5dff-b07d-6c7e161373d7', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', pg_temp.day(13, '09:40')),
    -- A seat is booked twice
    ('345d083f-4e8b-57ab-ae32-c82c11a7c8a9', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', pg_temp.day(3, '09:25')),
    ('345d083f-4e8b-57ab-ae32-c82c11a7c8a9', '8870fb5f-45be-5916-83a4-13e1bf322c03', pg_temp.day(1, '17:00')),
    ('345d083f-4e8b-57ab-ae32-c82c11a7c8a9', '62014764-3754-55d3-85a3-8bf46954df65', pg_temp.day(3, '09:05'))
on conflict (conversation_id, agent_id) do nothing;

insert into messages (id, conversation_id, author_type, user_id, agent_id, content, reply_to_id, is_edited, created_at, updated_at, model_used,
                      tokens_in, tokens_out, cost_usd)
select message.*, used.model, coalesce(used.tokens_in, 0), coalesce(used.tokens_out, 0), coalesce(used.cost_usd, 0)
from (values
    -- Scanning at the desk
    ('10b5e641-1048-5334-a027-32ab1b0fed0c'::uuid, '75835b7f-7510-523c-ae61-d4c4c1a22f83'::uuid, 'user',
     '9e561e41-2083-5880-9096-30e181d79a4c'::uuid, null::uuid,
     'The scanner at the desk reads every other book twice.',
     null::uuid, false, pg_temp.day(28, '09:00'), pg_temp.day(28, '09:00')),
    ('503809d1-473a-506c-9d5f-92dc4a2ff058', '75835b7f-7510-523c-ae61-d4c4c1a22f83', 'agent',
     null, '62014764-3754-55d3-85a3-8bf46954df65',
     'Grace, can you look? Probe has the scanners log.',
     '10b5e641-1048-5334-a027-32ab1b0fed0c', false, pg_temp.day(28, '09:02'), pg_temp.day(28, '09:02')),
    ('4c3801fc-e9dd-5bcc-be84-007b5de06903', '75835b7f-7510-523c-ae61-d4c4c1a22f83', 'agent',
     null, '71689320-1445-555c-9b72-604519eb71cc',
     'The scanner sends the code again when the book is not moved away within a second.',
     '503809d1-473a-506c-9d5f-92dc4a2ff058', false, pg_temp.day(28, '09:20'), pg_temp.day(28, '09:20')),
    ('f92c6bdc-170a-546e-9674-fc6c125ed1da', '75835b7f-7510-523c-ae61-d4c4c1a22f83', 'agent',
     null, 'ebfd29c1-72d9-534f-87fe-8717f75f46dc',
     'Then the second one within two seconds is the same book. I will write that down as a rule.',
     '4c3801fc-e9dd-5bcc-be84-007b5de06903', false, pg_temp.day(28, '10:05'), pg_temp.day(28, '10:05')),
    ('e1cbf553-8bb7-5c19-80c2-1d7a2d900e77', '75835b7f-7510-523c-ae61-d4c4c1a22f83', 'agent',
     null, 'ebfd29c1-72d9-534f-87fe-8717f75f46dc',
     'Merged. A book that is brought back twice in two seconds comes back once.',
     null, false, pg_temp.day(23, '15:40'), pg_temp.day(23, '15:40')),
    ('66afb2fc-f620-5225-9a84-b7d6fc8bcd95', '75835b7f-7510-523c-ae61-d4c4c1a22f83', 'user',
     '9e561e41-2083-5880-9096-30e181d79a4c', null,
     'Works at the desk. Thank you.',
     'e1cbf553-8bb7-5c19-80c2-1d7a2d900e77', false, pg_temp.day(22, '17:00'), pg_temp.day(22, '17:00')),
    -- Search finds too much
    ('330d40f0-8bee-58d2-ac2b-68b2b3f9fbc7', 'd30915ce-3ede-5954-8772-e8cfd22f15db', 'user',
     '9e561e41-2083-5880-9096-30e181d79a4c', null,
     'Who looks for "the sea" gets every title with "the".',
     null, false, pg_temp.day(12, '09:00'), pg_temp.day(12, '09:00')),
    ('25a71152-664c-52da-8634-f88cc802c2b4', 'd30915ce-3ede-5954-8772-e8cfd22f15db', 'agent',
     null, '64f04116-9a8c-57e5-a302-7a8b39f1e279',
     'Words that are in every third title should not count. The index can leave them out.',
     '330d40f0-8bee-58d2-ac2b-68b2b3f9fbc7', false, pg_temp.day(12, '09:30'), pg_temp.day(12, '09:30')),
    ('6489e545-2326-5bee-808f-2acad4cd5b36', 'd30915ce-3ede-5954-8772-e8cfd22f15db', 'agent',
     null, 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a',
     'It is twice as fast and finds a tenth of what it found. Lens, please look.',
     '25a71152-664c-52da-8634-f88cc802c2b4', false, pg_temp.day(8, '11:10'), pg_temp.day(8, '11:10')),
    ('300c5a11-dc2e-5bda-9e12-f2e9f3f0fb3e', 'd30915ce-3ede-5954-8772-e8cfd22f15db', 'agent',
     null, '73a2c272-3ad9-5794-ba80-8d66b9d548b6',
     'See the review. One case is missing: a title that is only such words.',
     '6489e545-2326-5bee-808f-2acad4cd5b36', false, pg_temp.day(4, '09:45'), pg_temp.day(4, '09:45')),
    ('47fd2d26-be28-5d32-adf9-9e901257af8b', 'd30915ce-3ede-5954-8772-e8cfd22f15db', 'user',
     '9e561e41-2083-5880-9096-30e181d79a4c', null,
     '"It" is in our shelves. Please do not lose it.',
     '300c5a11-dc2e-5bda-9e12-f2e9f3f0fb3e', true, pg_temp.day(2, '17:00'), pg_temp.day(2, '17:10')),
    -- Labels for the new shelves
    ('c1e6df85-423e-522d-9a9d-0d5c0d00f2f3', '21c9cfce-a008-5865-8d35-87e206682218', 'agent',
     null, '62014764-3754-55d3-85a3-8bf46954df65',
     '120 shelves, one label each, in the order of the rooms. Grace prints, Probe reads them back.',
     null, false, pg_temp.day(26, '09:00'), pg_temp.day(26, '09:00')),
    ('64c3e351-1149-5b62-9cbf-c9a5bbc4e723', '21c9cfce-a008-5865-8d35-87e206682218', 'agent',
     null, 'ebfd29c1-72d9-534f-87fe-8717f75f46dc',
     'The sheet has three columns; the printer wants two.',
     'c1e6df85-423e-522d-9a9d-0d5c0d00f2f3', false, pg_temp.day(25, '13:30'), pg_temp.day(25, '13:30')),
    ('3bb1eace-e723-50d6-97f6-c65199ae6f8b', '21c9cfce-a008-5865-8d35-87e206682218', 'agent',
     null, 'ebfd29c1-72d9-534f-87fe-8717f75f46dc',
     'Two columns, and a cutting mark.',
     '64c3e351-1149-5b62-9cbf-c9a5bbc4e723', false, pg_temp.day(21, '16:00'), pg_temp.day(21, '16:00')),
    ('79be6a16-da44-541a-8cc7-1f11d78adfb0', '21c9cfce-a008-5865-8d35-87e206682218', 'agent',
     null, '71689320-1445-555c-9b72-604519eb71cc',
     'All 120 read back at arms length.',
     '3bb1eace-e723-50d6-97f6-c65199ae6f8b', false, pg_temp.day(19, '17:00'), pg_temp.day(19, '17:00')),
    -- Overdue reminders
    ('d74ab8eb-352b-51a6-9ce0-fd86ec42c51e', '002fd828-1557-5b77-a11c-ac6de962263f', 'agent',
     null, '62014764-3754-55d3-85a3-8bf46954df65',
     'A reminder a week before, on the day, and a week after. Grace writes it.',
     null, false, pg_temp.day(9, '09:00'), pg_temp.day(9, '09:00')),
    ('de20cacb-f619-515d-846a-6b13767ac5dc', '002fd828-1557-5b77-a11c-ac6de962263f', 'agent',
     null, 'ebfd29c1-72d9-534f-87fe-8717f75f46dc',
     'The text is in three languages. Who reads the third?',
     'd74ab8eb-352b-51a6-9ce0-fd86ec42c51e', false, pg_temp.day(7, '14:20'), pg_temp.day(7, '14:20')),
    ('00415b2c-eb51-5cef-aabd-7a6216bd8ad9', '002fd828-1557-5b77-a11c-ac6de962263f', 'user',
     '1e16b5f3-6c8a-5ee5-aa8a-9b1abed75fec', null,
     'I do.',
     'de20cacb-f619-515d-846a-6b13767ac5dc', false, pg_temp.day(7, '15:00'), pg_temp.day(7, '15:00')),
    ('96538313-ace0-580e-a298-284e97ceb853', '002fd828-1557-5b77-a11c-ac6de962263f', 'agent',
     null, 'ebfd29c1-72d9-534f-87fe-8717f75f46dc',
     'Sent to myself at night: once, not three times. Ready for the testers.',
     null, false, pg_temp.day(1, '17:00'), pg_temp.day(1, '17:00')),
    -- Review: faster search
    ('49f54457-9e9b-5b81-b078-1319a877b253', '295809a4-2013-5ab3-b2cb-c837d48ec865', 'agent',
     null, '73a2c272-3ad9-5794-ba80-8d66b9d548b6',
     'Reading pull request 31.',
     null, false, pg_temp.day(4, '09:00'), pg_temp.day(4, '09:00')),
    ('9280162c-b975-535f-949f-2baadca2f0c4', '295809a4-2013-5ab3-b2cb-c837d48ec865', 'agent',
     null, '73a2c272-3ad9-5794-ba80-8d66b9d548b6',
     'Line 88: what if every word is left out?',
     '49f54457-9e9b-5b81-b078-1319a877b253', false, pg_temp.day(4, '09:40'), pg_temp.day(4, '09:40')),
    ('1d75a7e4-b54c-5f20-85dc-671e4492bc08', '295809a4-2013-5ab3-b2cb-c837d48ec865', 'agent',
     null, 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a',
     'Then nothing is left out. With a test.',
     '9280162c-b975-535f-949f-2baadca2f0c4', false, pg_temp.day(3, '10:15'), pg_temp.day(3, '10:15')),
    ('61a11255-f35a-50c4-8d7c-1b00fc48495e', '295809a4-2013-5ab3-b2cb-c837d48ec865', 'agent',
     null, '73a2c272-3ad9-5794-ba80-8d66b9d548b6',
     'Good. I would merge it after the case of "It".',
     '1d75a7e4-b54c-5f20-85dc-671e4492bc08', false, pg_temp.day(1, '17:00'), pg_temp.day(1, '17:00')),
    -- What to do next month
    ('57bb7cf3-c86f-5129-906f-0b83ef386de7', '94165c03-fb39-529d-994f-c545434ef796', 'user',
     '1e16b5f3-6c8a-5ee5-aa8a-9b1abed75fec', null,
     'We have spent less than planned. What would help most?',
     null, false, pg_temp.day(6, '09:00'), pg_temp.day(6, '09:00')),
    ('2742b0f6-0e88-5965-9177-14e900afde32', '94165c03-fb39-529d-994f-c545434ef796', 'agent',
     null, '62014764-3754-55d3-85a3-8bf46954df65',
     'Two things wait for an architect: loans between branches, and lockers that tell when they are full.',
     '57bb7cf3-c86f-5129-906f-0b83ef386de7', false, pg_temp.day(6, '09:05'), pg_temp.day(6, '09:05')),
    ('4403e635-bb6e-529f-926c-94f1f13aafde', '94165c03-fb39-529d-994f-c545434ef796', 'user',
     'ce68db3d-9c09-5285-b765-ab066aca30a7', null,
     'Lockers, please.',
     '2742b0f6-0e88-5965-9177-14e900afde32', false, pg_temp.day(5, '10:30'), pg_temp.day(5, '10:30')),
    ('c5da9cf4-8802-5e4b-b09d-e4dc69463dde', '94165c03-fb39-529d-994f-c545434ef796', 'agent',
     null, '64f04116-9a8c-57e5-a302-7a8b39f1e279',
     'I have drawn loans between branches on one page. Lockers need a look at the locks first.',
     '2742b0f6-0e88-5965-9177-14e900afde32', false, pg_temp.day(3, '17:00'), pg_temp.day(3, '17:00')),
    -- Booking a seat
    ('cfa11f1e-618f-5c63-9892-5d340256473e', '6aefa38f-4da8-5034-8656-5757a29a2c81', 'agent',
     null, '62014764-3754-55d3-85a3-8bf46954df65',
     'A seat, a day, a name. Kurt, nothing more at first.',
     null, false, pg_temp.day(29, '09:00'), pg_temp.day(29, '09:00')),
    ('0a8307b9-d32e-5d62-9319-8568ad8ef8ee', '6aefa38f-4da8-5034-8656-5757a29a2c81', 'agent',
     null, '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     'A seat can be booked, and given back.',
     'cfa11f1e-618f-5c63-9892-5d340256473e', false, pg_temp.day(20, '16:30'), pg_temp.day(20, '16:30')),
    ('cf80d074-b0bd-5667-9b8b-7c731d2e024e', '6aefa38f-4da8-5034-8656-5757a29a2c81', 'agent',
     null, '8870fb5f-45be-5916-83a4-13e1bf322c03',
     'With one thumb too, but for the date. It is 31 days long.',
     '0a8307b9-d32e-5d62-9319-8568ad8ef8ee', false, pg_temp.day(18, '11:00'), pg_temp.day(18, '11:00')),
    ('9e9bd04f-5270-516d-8cf7-f17c8a58262d', '6aefa38f-4da8-5034-8656-5757a29a2c81', 'agent',
     null, '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     'The date is a week at a time now.',
     'cf80d074-b0bd-5667-9b8b-7c731d2e024e', false, pg_temp.day(14, '17:00'), pg_temp.day(14, '17:00')),
    -- Lockers
    ('3ab27696-8101-592e-a0b2-9467ccd669ac', 'c4270e3b-c268-5dff-b07d-6c7e161373d7', 'agent',
     null, '62014764-3754-55d3-85a3-8bf46954df65',
     'Each has a number and a door. Kurt, ask Leila which are broken.',
     null, false, pg_temp.day(13, '09:00'), pg_temp.day(13, '09:00')),
    ('7655451d-da79-562c-990d-6ecbf0759f9a', 'c4270e3b-c268-5dff-b07d-6c7e161373d7', 'agent',
     null, '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     'Leila, which lockers are broken?',
     '3ab27696-8101-592e-a0b2-9467ccd669ac', false, pg_temp.day(13, '09:40'), pg_temp.day(13, '09:40')),
    ('40f46578-487a-5205-8e40-f208940e58ad', 'c4270e3b-c268-5dff-b07d-6c7e161373d7', 'user',
     'ce68db3d-9c09-5285-b765-ab066aca30a7', null,
     '7, 19 and 20. 20 opens for everybody.',
     '7655451d-da79-562c-990d-6ecbf0759f9a', false, pg_temp.day(13, '11:15'), pg_temp.day(13, '11:15')),
    ('89e9d0ce-704a-53a5-a309-a37408184f59', 'c4270e3b-c268-5dff-b07d-6c7e161373d7', 'agent',
     null, '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     'A locker that is broken cannot be booked. One that opens for everybody cannot either.',
     '40f46578-487a-5205-8e40-f208940e58ad', false, pg_temp.day(1, '17:00'), pg_temp.day(1, '17:00')),
    -- A seat is booked twice
    ('d346a11f-cb69-5e78-9900-56cddc27bdcc', '345d083f-4e8b-57ab-ae32-c82c11a7c8a9', 'user',
     'ce68db3d-9c09-5285-b765-ab066aca30a7', null,
     'Seat 14 had two people this morning. Both had a ticket.',
     null, false, pg_temp.day(3, '09:00'), pg_temp.day(3, '09:00')),
    ('d4382b41-c3cb-5993-9dcb-2603ae552b22', '345d083f-4e8b-57ab-ae32-c82c11a7c8a9', 'agent',
     null, '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     'Two requests at the same second. The check comes before the booking, and nothing holds the seat between them.',
     'd346a11f-cb69-5e78-9900-56cddc27bdcc', false, pg_temp.day(3, '09:25'), pg_temp.day(3, '09:25')),
    ('9d5694e6-5b0b-5d80-ab72-57549ca1153a', '345d083f-4e8b-57ab-ae32-c82c11a7c8a9', 'agent',
     null, '8870fb5f-45be-5916-83a4-13e1bf322c03',
     'I can book it twice with two phones, one time in five.',
     'd4382b41-c3cb-5993-9dcb-2603ae552b22', false, pg_temp.day(1, '17:00'), pg_temp.day(1, '17:00')),
    -- Moving the old pages
    ('6b3af8b8-5ccd-5c13-9f0d-2c0df58440cc', 'fca62ed3-2b50-5e09-99bb-a0b6fcf7c7d3', 'user',
     'fc605680-9e0d-5e68-8a61-72890f9338f5', null,
     'Which of the old pages do we keep?',
     null, false, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('49e591c8-181a-5042-8336-7d51e471fa5d', 'fca62ed3-2b50-5e09-99bb-a0b6fcf7c7d3', 'user',
     '1e16b5f3-6c8a-5ee5-aa8a-9b1abed75fec', null,
     'The opening hours. They are on the new site already.',
     '6b3af8b8-5ccd-5c13-9f0d-2c0df58440cc', false, pg_temp.day(39, '10:00'), pg_temp.day(39, '10:00'))
) as message (id, conversation_id, author_type, user_id, agent_id, content, reply_to_id, is_edited, created_at, updated_at)
left join seeded_usage as used on used.message_id = message.id
on conflict (id) do nothing;

-- Usage of yesterday is late for the rule that charges it to budgets, which takes an old time for a false one. So it is
-- switched off for these rows, and counts again afterwards.
do $$
declare
    charging text[];
    trigger text;
begin
    if not exists (select id from seeded_usage except select id from token_usage) then
        return;
    end if;
    charging := array(
        select tgname from pg_trigger
        join pg_proc on pg_proc.oid = tgfoid
        where tgrelid = 'token_usage'::regclass and tgenabled = 'O'
            and pronamespace = 'steward'::regnamespace and proname in ('note_usage', 'charge_usage', 'charge_usage_at_commit')
    );
    foreach trigger in array charging loop
        execute format('alter table token_usage disable trigger %I', trigger);
    end loop;
    insert into token_usage (id, timestamp, agent_id, task_id, message_id, model, tokens_in, tokens_out, cost_usd, request_duration_ms, metadata)
    select id, at, agent_id, task_id, message_id, model, tokens_in, tokens_out, cost_usd, request_duration_ms, metadata
    from seeded_usage
    order by at, id
    on conflict (id) do nothing;
    foreach trigger in array charging loop
        execute format('alter table token_usage enable trigger %I', trigger);
    end loop;
    perform steward.rebuild_budgets('budget_limits');
end;
$$;

insert into budget_limits (id, name, scope_type, scope_id, scope_agent_type, amount_usd, period, alert_threshold, action_on_exceed, is_active, created_at, updated_at) values
    ('1afe37eb-e0c6-535b-881d-fba55e11bc35', 'Everything, a month', 'global', null, null,
     150.00, 'monthly', 0.80, 'warn', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('28efe803-7e30-5a4e-b435-3e44217fa568', 'Everything, a week', 'global', null, null,
     45.00, 'weekly', 0.90, 'warn', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('afc5bfe6-4c9d-5f44-bead-8fb17d7c2cee', 'Everything, a day', 'global', null, null,
     12.00, 'daily', 0.80, 'block', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('807df4bc-1e1b-5c56-88d6-b205fa84e774', 'Shelf, a month', 'project', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', null,
     70.00, 'monthly', 0.80, 'block', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('5b762274-510e-5a01-b9c7-cae89fd3b4d5', 'Shelf, a week', 'project', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', null,
     25.00, 'weekly', 0.80, 'warn', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('befce99f-eb93-5e40-b18d-d4fd9838711f', 'Reading room, a day', 'project', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', null,
     5.00, 'daily', 0.80, 'warn', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('77a3c2b2-eec7-517b-8ec3-6d036f2de343', 'Kurt, a month', 'agent', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', null,
     25.00, 'monthly', 0.80, 'block', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('b89b6bab-126c-51da-8ee5-addd95a8bcf5', 'Vitruv, a week', 'agent', '64f04116-9a8c-57e5-a302-7a8b39f1e279', null,
     4.00, 'weekly', 0.75, 'warn', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('0f91e684-8fd6-5de8-b8fb-12fcda214c65', 'Grace, a day', 'agent', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', null,
     3.00, 'daily', 0.80, 'block', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('c8195f29-53ac-55fe-bd4c-fa835f60b34a', 'Reviewers, a month', 'agent_type', null, 'reviewer',
     1.00, 'monthly', 0.80, 'warn', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('7d68d02a-3f5b-5fb4-b386-6d9527d91c4c', 'Testers, a week', 'agent_type', null, 'tester',
     15.00, 'weekly', 0.80, 'warn', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('12afe8df-d0c6-537b-9dbf-1b0da496aa2c', 'Coders, a day', 'agent_type', null, 'coder',
     8.00, 'daily', 0.90, 'block', true, pg_temp.day(40, '09:00'), pg_temp.day(40, '09:00')),
    ('59f73eda-147b-531e-9145-87af4210c861', 'The first week', 'global', null, null,
     20.00, 'weekly', 0.50, 'block', false, pg_temp.day(43, '09:00'), pg_temp.day(36, '09:00'))
on conflict (id) do nothing;

insert into notifications (id, type, title, message, severity, user_id, project_id, agent_id, is_read, sent_telegram, sent_email, metadata, created_at) values
    ('a00cb44a-bd70-571e-a2a2-ea7b7be9167a', 'budget', 'Budget The first week has used 53 %', '10.62 of 20.00 USD.', 'warning',
     '1e16b5f3-6c8a-5ee5-aa8a-9b1abed75fec', null, null,
     true, false, true, '{"related_entity_type": "budget_limit", "related_entity_id": "59f73eda-147b-531e-9145-87af4210c861"}', pg_temp.day(41, '15:31')),
    ('4e75fd08-3b6d-5665-b9b7-434bc436818b', 'budget', 'Budget The first week is exceeded', '20.15 of 20.00 USD.', 'critical',
     '1e16b5f3-6c8a-5ee5-aa8a-9b1abed75fec', null, null,
     true, false, true, '{"related_entity_type": "budget_limit", "related_entity_id": "59f73eda-147b-531e-9145-87af4210c861"}', pg_temp.day(39, '15:31')),
    ('9f947f71-6ce1-57d7-8b57-81dda5a897f7', 'task_completed', 'Completed: Let a book come back once', 'Grace has merged pull request 27.', 'info',
     '9e561e41-2083-5880-9096-30e181d79a4c', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc',
     true, true, false, '{"related_entity_type": "task", "related_entity_id": "094e67bb-6a0e-5ac6-bfc3-e838b02905c5"}', pg_temp.day(23, '15:31')),
    ('51108470-42ce-5961-951f-8e80cc43cad3', 'task_failed', 'Failed: Guess the genre from the cover', 'Ada gave it up: covers lie.', 'warning',
     '9e561e41-2083-5880-9096-30e181d79a4c', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a',
     true, true, true, '{"related_entity_type": "task", "related_entity_id": "0305e758-b191-5ac6-8082-43fe1a897faa"}', pg_temp.day(26, '15:31')),
    ('14642df8-c1ac-5638-9ff6-93d0e4ba9d7f', 'task_failed', 'Failed: Draw lots for seats', 'Nobody wants a seat by chance.', 'warning',
     'ce68db3d-9c09-5285-b765-ab066aca30a7', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     true, false, true, '{"related_entity_type": "task", "related_entity_id": "a3d51f19-e58f-5755-afcd-5bf1f3f40fff"}', pg_temp.day(24, '15:31')),
    ('5dce2d9a-cb57-5512-a7c8-54acb3daae8a', 'task_completed', 'Completed: Book a seat', 'Kurt has merged pull request 5.', 'info',
     'ce68db3d-9c09-5285-b765-ab066aca30a7', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', '6829bf2c-7b23-5bb7-b545-0541b9de18fb',
     true, false, false, '{"related_entity_type": "task", "related_entity_id": "29295e2f-84d8-5434-bf9c-92689995b11c"}', pg_temp.day(19, '15:31')),
    ('e340fc39-69f8-59ef-84f5-f876b9db257f', 'review_requested', 'A review is asked for: Leave common words out', 'Lens has begun.', 'info',
     '9e561e41-2083-5880-9096-30e181d79a4c', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', '73a2c272-3ad9-5794-ba80-8d66b9d548b6',
     true, true, false, '{"related_entity_type": "task", "related_entity_id": "40de3d21-3660-5bf7-9990-cc87a9ee21b2"}', pg_temp.day(4, '15:31')),
    ('40fb68eb-89c5-5f5d-bedf-071f801f0df7', 'tests_failed', 'The tests of pull request 12 failed', 'Two of 41: a broken locker was booked.', 'critical',
     'ce68db3d-9c09-5285-b765-ab066aca30a7', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', '8870fb5f-45be-5916-83a4-13e1bf322c03',
     false, false, true, '{"related_entity_type": "task", "related_entity_id": "fc828772-1813-5776-9bc3-58972ebe6e36"}', pg_temp.day(2, '15:31')),
    ('cb53f3eb-a51c-57f4-91c0-a772fdb523b6', 'question', 'Grace asks who reads the third language', 'In "Overdue reminders".', 'info',
     '1e16b5f3-6c8a-5ee5-aa8a-9b1abed75fec', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc',
     true, false, false, '{"related_entity_type": "task", "related_entity_id": "2b9741c5-d9a5-593a-9fbd-b72198b74d26"}', pg_temp.day(7, '15:31')),
    ('19610237-5b38-5e43-a9dd-201b134ffc6f', 'webhook_dead', 'An event of Reading room is not tried again', 'deployment_status: the environment is unknown.', 'warning',
     'ce68db3d-9c09-5285-b765-ab066aca30a7', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', null,
     false, false, true, '{}', pg_temp.day(8, '15:31')),
    ('2fd861cf-3a39-5543-a41d-d6023c8d6cb7', 'system', 'The clone of Old intranet was removed', 'The project is not active.', 'info',
     'fc605680-9e0d-5e68-8a61-72890f9338f5', null, null,
     false, false, false, '{}', pg_temp.day(20, '15:31'))
on conflict (id) do nothing;

-- Two have expired.
insert into agent_memory (id, agent_id, project_id, category, key, value, importance, expires_at, created_at, updated_at) values
    ('24fb5f63-5f08-5353-8f0e-960cfa4c9668', '62014764-3754-55d3-85a3-8bf46954df65', null, 'people', 'decides about money',
     '{"user": "mira.okafor"}', 9, null, pg_temp.day(40, '16:00'), pg_temp.day(40, '16:00')),
    ('a7fa4b3e-6197-5eaf-8a1f-343e4ce3a421', '62014764-3754-55d3-85a3-8bf46954df65', null, 'people', 'reads the third language',
     '{"user": "mira.okafor"}', 5, null, pg_temp.day(7, '16:00'), pg_temp.day(7, '16:00')),
    ('6074a658-73c6-5c00-b6f4-f827ff205cdf', '62014764-3754-55d3-85a3-8bf46954df65', null, 'habits', 'size of a task',
     '{"at_most": "two days"}', 7, null, pg_temp.day(40, '16:00'), pg_temp.day(25, '16:00')),
    ('9f0b5999-6ebe-56d3-a09b-e9281b7cbf42', '62014764-3754-55d3-85a3-8bf46954df65', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'people', 'knows the lockers',
     '{"user": "leila.karimi"}', 6, null, pg_temp.day(13, '16:00'), pg_temp.day(13, '16:00')),
    ('b9968d1e-5ddb-5dec-bd1e-9eb0c03bf610', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', null, 'style', 'tests',
     '{"first": true}', 8, null, pg_temp.day(40, '16:00'), pg_temp.day(40, '16:00')),
    ('402a4e47-70f1-5833-a2ec-4b8b7922f587', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'facts', 'scanner repeats within',
     '{"seconds": 2}', 9, null, pg_temp.day(28, '16:00'), pg_temp.day(28, '16:00')),
    ('9780e230-5b17-538e-9b03-0b80f5eb6c1d', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'facts', 'printer columns',
     '{"columns": 2}', 4, null, pg_temp.day(25, '16:00'), pg_temp.day(25, '16:00')),
    ('bf3a6c1d-446f-522e-afe7-c6bb5a09a1d6', 'ebfd29c1-72d9-534f-87fe-8717f75f46dc', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'plans', 'reminders',
     '{"next": "hand over to Probe", "branch": "reminders"}', 6, pg_temp.day(-14, '00:00'), pg_temp.day(1, '16:00'), pg_temp.day(1, '16:00')),
    ('d0a8c40f-03ff-5bcb-8750-010cc49865cd', 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'facts', 'common words',
     '{"share": "a third of the titles"}', 8, null, pg_temp.day(12, '16:00'), pg_temp.day(12, '16:00')),
    ('cd56c73a-46be-504f-93eb-26a064cf0701', 'b2a0f14c-a49f-5b47-8296-4b69c595ad4a', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'plans', 'search',
     '{"next": "the case of It"}', 7, pg_temp.day(-7, '00:00'), pg_temp.day(2, '16:00'), pg_temp.day(2, '16:00')),
    ('8ad5d064-93f6-5e5b-82c4-b93336022628', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'facts', 'broken lockers',
     '[7, 19, 20]', 9, pg_temp.day(-60, '00:00'), pg_temp.day(13, '16:00'), pg_temp.day(13, '16:00')),
    ('359e6186-b602-5b71-b419-9f28008a4b91', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'plans', 'seat 14',
     '{"idea": "hold the seat for a minute"}', 8, pg_temp.day(-7, '00:00'), pg_temp.day(3, '16:00'), pg_temp.day(2, '16:00')),
    ('e4f636ec-ea08-5695-9660-63bd214e0854', '6829bf2c-7b23-5bb7-b545-0541b9de18fb', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'plans', 'lots',
     '{"idea": "draw lots"}', 2, pg_temp.day(24, '00:00'), pg_temp.day(26, '16:00'), pg_temp.day(26, '16:00')),
    ('b7187c32-6cb2-5fad-8c56-62f8befb2899', '64f04116-9a8c-57e5-a302-7a8b39f1e279', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'facts', 'branches',
     '{"count": 4}', 5, null, pg_temp.day(5, '16:00'), pg_temp.day(5, '16:00')),
    ('6dc670d6-11ca-5d74-8138-0b94e3d05b2c', '8870fb5f-45be-5916-83a4-13e1bf322c03', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'devices', 'smallest screen',
     '{"inches": 4.7}', 6, null, pg_temp.day(19, '16:00'), pg_temp.day(19, '16:00')),
    ('ff2e3501-6dcf-5658-9562-f4a955f620a9', '71689320-1445-555c-9b72-604519eb71cc', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'plans', 'night of reminders',
     '{"expect": "one mail"}', 5, pg_temp.day(1, '00:00'), pg_temp.day(3, '16:00'), pg_temp.day(3, '16:00'))
on conflict (id) do nothing;

-- Five are to be worked off, one of them again; one was given up.
insert into webhooks (id, project_id, source, event_type, payload, processed, processed_at, error_message, retry_count, next_attempt_at, claim_token, dead_at, created_at) values
    ('482cf310-ed41-57ad-9cd6-b70dff62df08', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'github', 'push', '{"ref": "refs/heads/desk/twice"}',
     true, pg_temp.day(25, '11:55:02'), null, 0, pg_temp.day(25, '11:55'), 1, null, pg_temp.day(25, '11:55')),
    ('b7298a5c-64a9-5b59-b374-d98a62963924', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'github', 'pull_request', '{"action": "opened", "number": 27}',
     true, pg_temp.day(25, '12:00:02'), null, 0, pg_temp.day(25, '12:00'), 1, null, pg_temp.day(25, '12:00')),
    ('4a9f158d-8710-53bc-abf9-e14d4b39e052', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'github', 'pull_request', '{"action": "closed", "number": 27, "merged": true}',
     true, pg_temp.day(23, '15:30:02'), null, 0, pg_temp.day(23, '15:30'), 1, null, pg_temp.day(23, '15:30')),
    ('24ec28e2-f4ad-5ce1-91ca-8ccf815c5864', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'github', 'pull_request', '{"action": "opened", "number": 8}',
     true, pg_temp.day(24, '12:00:02'), null, 0, pg_temp.day(24, '12:00'), 1, null, pg_temp.day(24, '12:00')),
    ('27065cdd-5306-5ed2-82e9-e96ccb22a8e2', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'github', 'pull_request', '{"action": "closed", "number": 8, "merged": false}',
     true, pg_temp.day(24, '15:30:03'), 'timeout after 30 s', 1, pg_temp.day(24, '15:30'), 2, null, pg_temp.day(24, '15:30')),
    ('dc7a91f9-a607-5623-9331-6c452771274f', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'github', 'issues', '{"action": "opened", "number": 9}',
     true, pg_temp.day(3, '08:28:02'), null, 0, pg_temp.day(3, '08:28'), 1, null, pg_temp.day(3, '08:28')),
    ('f8066d2a-2f82-5ee9-8ee7-925ee43d251f', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'github', 'deployment_status', '{"state": "success", "environment": "hall"}',
     false, null, 'the environment is unknown', 5, pg_temp.day(9, '18:00'), 6, pg_temp.day(8, '15:30'), pg_temp.day(9, '18:00')),
    ('4fcf6826-ff00-59d7-8ff0-78a9f6eaaeb9', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'github', 'issues', '{"action": "opened", "number": 23}',
     true, pg_temp.day(2, '08:28:04'), 'connection refused', 2, pg_temp.day(2, '08:28'), 3, null, pg_temp.day(2, '08:28')),
    ('62021bc7-f0c2-5200-bedd-b9d9f3ccf9e9', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'github', 'check_run', '{"conclusion": "success", "pull_request": 31}',
     true, pg_temp.day(2, '17:20:02'), null, 0, pg_temp.day(2, '17:20'), 1, null, pg_temp.day(2, '17:20')),
    ('a8bcb6da-ff88-5a25-a74e-61e7d930d73e', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'github', 'issue_comment', '{"action": "created", "issue": 17}',
     false, null, null, 0, pg_temp.day(1, '16:40'), 0, null, pg_temp.day(1, '16:40')),
    ('6a3f8127-f9aa-57f1-859b-9c54341fb6e3', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'github', 'pull_request_review', '{"action": "submitted", "number": 31, "state": "approved"}',
     false, null, null, 0, pg_temp.day(1, '17:00'), 0, null, pg_temp.day(1, '17:00')),
    ('eb22d159-7cb7-5470-a765-8287c6bc6678', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'github', 'check_run', '{"conclusion": "failure", "pull_request": 12}',
     false, null, 'timeout after 30 s', 1, pg_temp.day(1, '17:31'), 1, null, pg_temp.day(1, '17:30')),
    ('b94aef68-f235-54a0-a7d1-2cc2da85a764', '4563bbc4-e1da-5036-9b76-e27ac1e67b33', 'github', 'push', '{"ref": "refs/heads/reminders"}',
     false, null, null, 0, pg_temp.day(1, '17:45'), 0, null, pg_temp.day(1, '17:45')),
    ('b360da39-0114-52d7-9081-df42bd1d1a43', 'd3b4bab4-e3e3-5b1e-b21e-4c60936e85cc', 'github', 'push', '{"ref": "refs/heads/seats/hold"}',
     false, null, null, 0, pg_temp.day(1, '18:10'), 0, null, pg_temp.day(1, '18:10'))
on conflict (id) do nothing;

drop view seeded_usage;
drop function pg_temp.day(integer, interval);
