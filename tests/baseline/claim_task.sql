-- Claiming the best open task with a row lock, as one writes it first: $1 is who claims it. All sessions want the
-- same row, and whoever waited for it finds it taken.
with best as (
    select id from tasks where status = 'open' order by priority, due_date, id limit 1 for update
), taken as (
    update tasks set status = 'claimed', assignee = $1, claimed_until = now() + interval '10 minutes'
    from best where tasks.id = best.id
    returning tasks.id
)
insert into claimed (task) select id from taken
