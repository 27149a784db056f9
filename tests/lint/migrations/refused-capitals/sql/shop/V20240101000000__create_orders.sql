-- steward: irreversible
create function f() returns trigger language plpgsql as $$
begin
    RETURN new;
end
$$;
