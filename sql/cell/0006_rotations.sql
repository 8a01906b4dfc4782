-- Which login of a pair, and which signing key, is in use. Runs as tenantry_control, which alone can read it.

create table tenantry.rotations (
  subject   text        primary key,
  named     text        not null,
  next      text        check (next <> named),
  drain     interval    not null,
  closes_at timestamptz
);
comment on table tenantry.rotations is 'Secrets that were ever rotated; without a row the first login of the pair is in use';
comment on column tenantry.rotations.subject is 'The first login of a pair, or context for the key that signs contexts';
comment on column tenantry.rotations.named is 'The login that the secret names, or the kid of the key';
comment on column tenantry.rotations.next is 'What the secret is about to name, and what is accepted already';
comment on column tenantry.rotations.drain is 'How long the one of before is accepted after the secret has named another';
comment on column tenantry.rotations.closes_at is 'Until when the one of before is accepted; null: it is closed, or there is none';
