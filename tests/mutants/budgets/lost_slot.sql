-- Wrong: now and then what a slot has spent is forgotten, as if its update had been overwritten.

create function lose() returns trigger language plpgsql as $$ begin
    update budget_limits_counters set spent = spent * 0.9 where random() < 0.1 and slot = 0;
    return null;
end $$;

create trigger zz_lose after insert on token_usage for each statement execute function lose();
