-- One row with what is spent of the one budget: the lock on it is what keeps the limit, and what all writers wait for.

create table spent (amount numeric not null, budget_limit numeric not null check (amount <= budget_limit));
insert into spent select 0, amount_usd from budget_limits;

create function charge() returns trigger language plpgsql as $$ begin
    update spent set amount = amount + new.cost_usd;
    return null;
end $$;

create trigger budget after insert on token_usage for each row execute function charge();
