create table triage_items (
    id serial,
    reporter_id integer not null,
    title varchar(200) not null,
    description text not null,
    status varchar(20) default 'pending',
    assigned_to integer,
    priority varchar(10) default 'medium',
    category varchar(50) default 'issue',
    resolution text,
    resolved_at timestamp with time zone,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now(),
    constraint triage_items_pkey primary key (id),
    constraint triage_items_reporter_id_fkey foreign key (reporter_id) references users (id)
        on update cascade on delete restrict,
    constraint triage_items_assigned_to_fkey foreign key (assigned_to) references users (id)
        on update cascade on delete restrict,
    constraint triage_items_status_check
        check (status::text in ('pending', 'in_review', 'resolved', 'rejected')),
    constraint triage_items_priority_check check (priority::text in ('low', 'medium', 'high', 'critical')),
    constraint triage_items_resolution_check
        check (status::text not in ('resolved', 'rejected') or coalesce(resolution, '') ~ '\S')
);

create index idx_triage_reporter on triage_items (reporter_id);
create index idx_triage_status on triage_items (status);
create index idx_triage_assigned on triage_items (assigned_to);
create index idx_triage_priority on triage_items (priority);
create index idx_triage_created on triage_items (created_at);

comment on table triage_items is 'Issues that the team reports, and what became of them.';
comment on column triage_items.id is 'Number of the issue.';
comment on column triage_items.reporter_id is 'User who reported it. Such a user cannot be deleted: who found it stays known.';
comment on column triage_items.title is 'What is wrong, in one line.';
comment on column triage_items.description is 'What is wrong, at length.';
comment on column triage_items.status is 'How far it is: pending, in_review, resolved or rejected.';
comment on column triage_items.assigned_to is 'User who is to look into it; NULL if nobody is. Such a user cannot be deleted.';
comment on column triage_items.priority is 'How urgent it is: low, medium, high or critical.';
comment on column triage_items.category is 'What kind of thing it is. The application defines the values.';
comment on column triage_items.resolution is 'What was done about it, or why nothing was; needed for resolved and rejected.';
comment on column triage_items.resolved_at is
    'When it was resolved or rejected, NULL while it is neither; written by the trigger stamp_resolution.';
comment on column triage_items.created_at is 'When it was reported.';
comment on column triage_items.updated_at is 'When the row was last updated; written by the trigger steward_updated_at.';
comment on constraint triage_items_status_check on triage_items is 'How far an issue can be.';
comment on constraint triage_items_priority_check on triage_items is 'How urgent an issue can be.';
comment on constraint triage_items_resolution_check on triage_items is 'Who closes an issue says how.';
comment on index idx_triage_reporter is 'Issues that a user reported.';
comment on index idx_triage_status is 'Issues of a status.';
comment on index idx_triage_assigned is 'Issues that a user is to look into.';
comment on index idx_triage_priority is 'Issues of a priority.';
comment on index idx_triage_created is 'Issues by the time they were reported.';
