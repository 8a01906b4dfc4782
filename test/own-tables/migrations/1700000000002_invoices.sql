-- Up Migration
create table invoices (
  order_id bigint primary key references orders,
  cents    integer not null check (cents > 0)
);
create function invoiced(wanted order_state) returns bigint language sql stable
  return (select coalesce(sum(cents), 0) from invoices join orders on orders.id = order_id where state = wanted);

-- Down Migration
drop function invoiced(order_state);
drop table invoices;
