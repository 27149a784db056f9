-- Who is asking. The functions read settings, which a statement of the same transaction can change, so they
-- are STABLE, as current_setting is; and a parallel worker has its leader's settings, so they are PARALLEL SAFE.

create function steward.current_user_id() returns text
    language c stable parallel safe as 'MODULE_PATHNAME', 'current_user_id';

comment on function steward.current_user_id() is
$$The user that the transaction acts for, as text; NULL for nobody.

  create policy own on tasks using (owner_id = (select steward.current_user_id()));

The user of the token that authenticate has verified; else app.current_user_id, app.user_id, or the claim "sub" in PostgREST's
request.jwt.claims, the first that is set. With steward.require_sealed_identity on only a verified token counts.
Unset, blank or malformed is NULL, never an error.$$;

create function steward.current_user_uuid() returns uuid
    language c stable parallel safe as 'MODULE_PATHNAME', 'current_user_uuid';

comment on function steward.current_user_uuid() is
$$The user that the transaction acts for, as uuid; NULL for nobody, and for what is no UUID.

  create policy own on tasks using (owner_id = (select steward.current_user_uuid()));

As current_user_id.$$;

create function steward.current_user_bigint() returns bigint
    language c stable parallel safe as 'MODULE_PATHNAME', 'current_user_bigint';

comment on function steward.current_user_bigint() is
$$The user that the transaction acts for, as bigint; NULL for nobody, and for what is no number.

  create policy own on tasks using (owner_id = (select steward.current_user_bigint()));

As current_user_id.$$;

create function steward.current_user_role() returns text
    language c stable parallel safe as 'MODULE_PATHNAME', 'current_user_role';

comment on function steward.current_user_role() is
$$The role that the user has in the application, as text; NULL where none is known. It is no role of the database.

  create policy managers on tasks using ((select steward.current_user_role()) = 'manager');

From where the user is known: the token's claim "role"; else app.user_role, or the claim in request.jwt.claims.
Unset, blank or malformed is NULL, never an error.$$;

create function steward.current_claims() returns jsonb
    language c stable parallel safe as 'MODULE_PATHNAME', 'current_claims';

comment on function steward.current_claims() is
$$The claims of the token that authenticate has verified, else PostgREST's request.jwt.claims; NULL where there are none, and
where a setting names the user, whose claims they need not be.

  select steward.current_claims() ->> 'email';

With steward.require_sealed_identity on only a verified token counts. Malformed is NULL, never an error.$$;

create function steward.act_as(user_id uuid, user_role text default null) returns void
    language c as 'MODULE_PATHNAME', 'act_as';

comment on function steward.act_as(uuid, text) is
$$Says for whom a trusted application acts, until the end of the transaction.

  begin; select steward.act_as('...', 'manager'); ...; commit;

Sets app.current_user_id, app.user_id and app.user_role, as SET LOCAL does: nothing is left behind for the next user of a
pooled connection. Anyone who can run SQL can call it; where SQL is not trusted, use authenticate.
Errors: 22023 a blank or NULL user; 25P01 outside a transaction block; 55000 after authenticate, or where
steward.require_sealed_identity is on.$$;

create function steward.act_as(user_id bigint, user_role text default null) returns void
    language c as 'MODULE_PATHNAME', 'act_as';

comment on function steward.act_as(bigint, text) is
$$Says for whom a trusted application acts, until the end of the transaction.

  begin; select steward.act_as(42, 'manager'); ...; commit;

As act_as(uuid, text).$$;

create function steward.act_as(user_id text, user_role text default null) returns void
    language c as 'MODULE_PATHNAME', 'act_as';

comment on function steward.act_as(text, text) is
$$Says for whom a trusted application acts, until the end of the transaction.

  begin; select steward.act_as('asha', 'manager'); ...; commit;

As act_as(uuid, text).$$;

create function steward.authenticate(token text) returns text
    language c as 'MODULE_PATHNAME', 'authenticate';

comment on function steward.authenticate(text) is
$$Verifies a signed token (JWT) and makes its user the one that the transaction acts for. Returns the user.

  begin; select steward.authenticate('eyJhbGciOi...'); ...; commit;

The token is signed with EdDSA, ES256 or RS256 by a key of steward.jwt_keys, or with HS256 by a secret of
steward.jwt_secrets_file; exp is required, nbf, aud and iss are checked. Nobody but a superuser can set or change the identity
otherwise; it ends with the transaction. With steward.jwt_track_ids on a token is good once.
Errors: 28000 the token is refused, DETAIL says why; 25P01 outside a transaction block; 55000 no key is set; F0000 keys, file or
leeway cannot be used; 42501 the session has tried to set a setting of steward.$$;

create table steward.used_tokens (
    token_id bytea primary key,
    expires_at timestamptz not null
);
create index used_tokens_expires_at on steward.used_tokens (expires_at);

comment on table steward.used_tokens is
    'The tokens that were used, where steward.jwt_track_ids is on. Written by authenticate; nobody has a right on it.';
comment on column steward.used_tokens.token_id is 'SHA-256 of the issuer and the jti of the token.';
comment on column steward.used_tokens.expires_at is 'When nobody would accept the token any more; the row goes some time after.';
