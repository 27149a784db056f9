-- Right, at the price that all writers of a budget wait for one another, and that REPEATABLE READ has to be retried: a
-- counter that is updated before it is looked at.

create table spent (budget uuid primary key references budget_limits on delete cascade, amount numeric not null default 0);
insert into spent select id from budget_limits;

create function charge() returns trigger language plpgsql as $$ declare
    exceeded text;
    change numeric;
begin
    with delta as (
        select b.id, b.name, b.action_on_exceed, b.amount_usd, sum(d.cost) as cost
        from budget_limits as b
        join (
            select new.project_id, new.agent_type, new.agent_id, new.cost_usd as cost where tg_op <> 'DELETE'
            union all
            select old.project_id, old.agent_type, old.agent_id, -old.cost_usd where tg_op <> 'INSERT'
        ) as d on b.scope_type = 'global' or b.scope_id = d.project_id and b.scope_type = 'project'
            or b.scope_id = d.agent_id and b.scope_type = 'agent' or b.scope_agent_type = d.agent_type
        group by b.id
    ),
    locked as (select s.budget, d.* from spent as s join delta as d on d.id = s.budget order by s.budget for update of s),
    charged as (
        update spent as s set amount = s.amount + l.cost from locked as l where s.budget = l.budget
        returning s.amount > l.amount_usd and l.cost > 0 and l.action_on_exceed = 'block' as exceeded, l.name
    )
    select name into exceeded from charged where charged.exceeded limit 1;
    if exceeded is not null then
        raise check_violation using message = 'would be exceeded', constraint = exceeded;
    end if;
    return null;
end $$;

create trigger budget after insert or update or delete on token_usage for each row execute function charge();
