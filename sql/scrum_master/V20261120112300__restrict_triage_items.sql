-- Who reported an issue, and when, is not among the columns.
grant select, insert, delete on triage_items to application_user;
grant update (title, description, status, assigned_to, priority, category, resolution, resolved_at, updated_at)
    on triage_items to application_user;
grant usage, select on sequence triage_items_id_seq to application_user;
grant select on triage_items to read_only_user;

alter table triage_items enable row level security;

create policy triage_access_policy on triage_items for select to application_user
    using ((select is_current_user_active()));
create policy triage_reporting_policy on triage_items for insert to application_user
    with check (reporter_id = (select steward.current_user_bigint()));
create policy triage_work_policy on triage_items for update to application_user
    using (
        reporter_id = (select steward.current_user_bigint())
        or assigned_to = (select steward.current_user_bigint())
        or assigned_to is null
    );
create policy triage_deletion_policy on triage_items for delete to application_user
    using (reporter_id = (select steward.current_user_bigint()));
create policy triage_management_policy on triage_items for all to application_user
    using ((select role_of_current_user()) in ('project_manager', 'admin'));
create policy active_user_policy on triage_items as restrictive for all to application_user
    using ((select is_current_user_active()));
create policy reporting_policy on triage_items for select to read_only_user
    using (true);

comment on policy triage_access_policy on triage_items is 'Users see every issue: they are the team''s.';
comment on policy triage_reporting_policy on triage_items is 'Users report in their own name.';
comment on policy triage_work_policy on triage_items is
    'Users write the issues that they reported, those that are assigned to them, and those that nobody looks into yet.';
comment on policy triage_deletion_policy on triage_items is 'Users delete issues that they reported.';
comment on policy triage_management_policy on triage_items is 'Project managers and admins write every issue.';
comment on policy active_user_policy on triage_items is 'Nobody does anything without an account that is in use.';
comment on policy reporting_policy on triage_items is 'Reports read everything.';
