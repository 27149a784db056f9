-- Claiming the best open task with a row lock, as a queue is written: $1 is who claims it. A row that another
-- session has locked is passed over.
with best as (
    select id from tasks where status = 'open' order by priority, due_date, id limit 1 for update skip locked
), taken as (
    update tasks set status = 'claimed', assignee = $1, claimed_until = now() + interval '10 minutes'
    from best where tasks.id = best.id
    returning tasks.id
)
insert into claimed (task) select id from taken
