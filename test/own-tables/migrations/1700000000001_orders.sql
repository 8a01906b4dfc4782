-- Up Migration
create type order_state as enum ('open', 'paid');
create table orders (
  id    bigint generated always as identity primary key,
  state order_state not null default 'open',
  note  text not null
);
create index orders_state on orders (state);
create view open_orders as select id, note from orders where state = 'open';

-- Down Migration
drop view open_orders;
drop table orders;
drop type order_state;
