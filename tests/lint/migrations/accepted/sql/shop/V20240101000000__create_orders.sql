-- CREATE TABLE in a comment is none of this check's business.
create table orders (
    id uuid primary key default gen_random_uuid(),
    "NOT" text,
    state text not null default 'NOT NULL'
) partition by hash (id);
create table orders_0 partition of orders for values with (modulus 1, remainder 0);
create table if not exists "Line Items" (id uuid);

comment on table orders is $$Orders WHERE money is due, it's said.$$;
comment on table "Line Items" is 'What an order is FOR';
