-- steward: irreversible
create table orders (id uuid);
create unlogged table orders_cache (id uuid);
comment on table orders is 'Orders';
-- comment on table orders_cache is 'in a comment';
