import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * The frame: who may do what, what is subscribed, what was accepted and how far its deliveries are.
 * New tables only, so nothing is locked.
 *
 * Events, deliveries and attempts are partitioned by the event's UTC day, which is also in the first 48 bits of every
 * event's and delivery's id: whoever has an id knows its partition. `src/db/partitions.ts` makes the partitions.
 */
export const head: MigrationHead = {
  locks: [],
  runsFrom: '20261122000000_frame',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    CREATE TABLE tenants (
      id text PRIMARY KEY,
      name text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE apps (
      tenant_id text NOT NULL REFERENCES tenants,
      id text NOT NULL,
      name text NOT NULL,
      callback_url text,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, id)
    );

    -- The app (tenant_id, app_id) may receive what granting_tenant_id's producers publish.
    CREATE TABLE app_grants (
      tenant_id text NOT NULL,
      app_id text NOT NULL,
      granting_tenant_id text NOT NULL REFERENCES tenants,
      created_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (tenant_id, app_id, granting_tenant_id),
      FOREIGN KEY (tenant_id, app_id) REFERENCES apps
    );

    -- Only the SHA-256 of a key's secret is kept; 256 random bits need no slow hash.
    CREATE TABLE keys (
      id text PRIMARY KEY,
      tenant_id text REFERENCES tenants,
      app_id text,
      roles text[] NOT NULL,
      subject text,
      secret_hash bytea NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      revoked_at timestamptz,
      FOREIGN KEY (tenant_id, app_id) REFERENCES apps
    );

    CREATE TABLE topics (
      topic text PRIMARY KEY,
      name text NOT NULL,
      description text,
      history_required boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE target_types (
      number integer PRIMARY KEY,
      name text NOT NULL,
      uuid text NOT NULL UNIQUE
    );

    CREATE TABLE subscriptions (
      id uuid PRIMARY KEY,
      interface text NOT NULL,
      tenant_id text NOT NULL,
      app_id text NOT NULL,
      callback_url text NOT NULL,
      topics text[] NOT NULL,
      description text,
      timeout_ms integer NOT NULL,
      retry jsonb NOT NULL,
      max_in_flight integer NOT NULL,
      ordered boolean NOT NULL DEFAULT false,
      history_required boolean NOT NULL DEFAULT false,
      -- What its interface alone understands; its callback format gets it.
      interface_data jsonb NOT NULL DEFAULT '{}',
      state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'deleted')),
      -- Moves with every change, so that a process knows when the copy it holds is out of date.
      version bigint NOT NULL DEFAULT 1,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      FOREIGN KEY (tenant_id, app_id) REFERENCES apps
    );
    CREATE INDEX subscriptions_by_app ON subscriptions (tenant_id, app_id, id);

    -- Live signing secrets, newest first; encrypted with SECRETS_KEY (AES-256-GCM), secret_key_id says with which.
    CREATE TABLE subscription_secrets (
      id uuid PRIMARY KEY,
      subscription_id uuid NOT NULL REFERENCES subscriptions,
      ciphertext bytea NOT NULL,
      secret_key_id text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz
    );
    CREATE INDEX subscription_secrets_by_subscription ON subscription_secrets (subscription_id);

    -- What a subscription matches, and in whose events: one indexed lookup per publish finds all that match.
    -- A grant is a row per selector with the granting tenant's id; a deleted subscription has none.
    -- lane_id: whose order a match joins, or behind which lane it waits while that is in use.
    CREATE TABLE subscription_selectors (
      tenant_id text NOT NULL,
      selector text NOT NULL,
      subscription_id uuid NOT NULL REFERENCES subscriptions,
      lane_id uuid NOT NULL,
      PRIMARY KEY (tenant_id, selector, subscription_id)
    );
    CREATE INDEX subscription_selectors_by_subscription ON subscription_selectors (subscription_id);

    -- Topic '' is the one lane of a subscription that is not ordered.
    CREATE TABLE lanes (
      id uuid PRIMARY KEY,
      subscription_id uuid NOT NULL REFERENCES subscriptions,
      topic text NOT NULL DEFAULT '',
      state text NOT NULL DEFAULT 'idle' CHECK
        (state IN ('idle', 'awaiting_history', 'running', 'retrying', 'stopped', 'paused', 'sick')),
      reason text,
      since timestamptz NOT NULL DEFAULT now(),
      -- While paused: how it stands again when it is resumed; NULL for running.
      resume_state text CHECK (resume_state IN ('awaiting_history', 'stopped')),
      -- Its workflow is open or was asked for.
      awake boolean NOT NULL DEFAULT false,
      -- While awake: the moment by which its workflow must have written again.
      due_by timestamptz,
      -- While retrying, the head's next attempt; while sick, the next probe.
      next_attempt_at timestamptz,
      -- Probes that failed since it became sick.
      probes integer NOT NULL DEFAULT 0,
      -- Moves with every claim of the lane and with whatever steers it: who holds an older one pushes nothing more.
      epoch bigint NOT NULL DEFAULT 0,
      -- Who pushes: the epoch of its claim, and until when nobody else may.
      held_epoch bigint,
      held_until timestamptz,
      -- Number of the delivery that was accepted last.
      counter bigint NOT NULL DEFAULT 0,
      -- A re-push under way: of what was accepted since replay_since up to number replay_to; copies are made up to
      -- replay_made. replay_at: when it was asked for.
      replay_since timestamptz,
      replay_to bigint,
      replay_made bigint,
      replay_at timestamptz,
      UNIQUE (subscription_id, topic)
    );
    CREATE INDEX lanes_in_use ON lanes (state, id) WHERE state <> 'idle';
    CREATE INDEX lanes_due ON lanes (due_by) WHERE due_by IS NOT NULL;

    -- One number for an app, for ever (data-push.md).
    CREATE TABLE app_registrations (
      tenant_id text NOT NULL,
      app_id text NOT NULL,
      number bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000000000000000 INCREMENT BY 64) UNIQUE,
      PRIMARY KEY (tenant_id, app_id),
      FOREIGN KEY (tenant_id, app_id) REFERENCES apps
    );

    CREATE TABLE idempotency_keys (
      tenant_id text NOT NULL,
      key text NOT NULL,
      body_hash bytea NOT NULL,
      event_id uuid NOT NULL,
      expires_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, key)
    );
    CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);

    CREATE TABLE events (
      id uuid NOT NULL,
      day date NOT NULL,
      tenant_id text NOT NULL,
      source text NOT NULL,
      topic text NOT NULL,
      type text NOT NULL,
      status text NOT NULL,
      key text NOT NULL,
      -- JSON text as it came. EXTERNAL: compressing 10 kB costs more than everything else an event needs.
      changes text STORAGE EXTERNAL NOT NULL,
      -- Who published: decides which events a producer may read.
      publisher_tenant_id text,
      publisher_app_id text,
      publisher_key_id text NOT NULL,
      accepted_at timestamptz NOT NULL,
      PRIMARY KEY (id, day)
    ) PARTITION BY RANGE (day);

    CREATE TABLE deliveries (
      id uuid NOT NULL,
      day date NOT NULL,
      event_id uuid NOT NULL,
      event_tenant_id text NOT NULL,
      subscription_id uuid NOT NULL,
      tenant_id text NOT NULL,
      app_id text NOT NULL,
      topic text NOT NULL,
      state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'cancelled')),
      reason text,
      generation integer NOT NULL DEFAULT 1,
      -- Number of the last attempt that was claimed.
      attempt integer NOT NULL DEFAULT 0,
      -- Failed attempts since the policy started over: the place in the retry schedule.
      failures integer NOT NULL DEFAULT 0,
      -- NULL while an attempt is under way.
      next_attempt_at timestamptz,
      -- The moment by which the carrier must have written again; NULL while it waits behind its lane.
      due_by timestamptz,
      -- Its place in its ordered lane; NULL without one. A copy has its original's.
      lane_number bigint,
      replay_of uuid,
      created_at timestamptz NOT NULL,
      finished_at timestamptz,
      PRIMARY KEY (id, day)
    ) PARTITION BY RANGE (day);
    CREATE UNIQUE INDEX deliveries_once ON deliveries (event_id, subscription_id, day) WHERE replay_of IS NULL;
    CREATE INDEX deliveries_due ON deliveries (due_by) WHERE state = 'pending';
    CREATE INDEX deliveries_waiting ON deliveries (subscription_id, id) WHERE state = 'pending';
    -- Behind an independent subscription's lane: what is due by its schedule, and the oldest never attempted.
    CREATE INDEX deliveries_scheduled ON deliveries (subscription_id, next_attempt_at)
      WHERE state = 'pending' AND due_by IS NULL AND lane_number IS NULL AND next_attempt_at IS NOT NULL;
    CREATE INDEX deliveries_unattempted ON deliveries (subscription_id, id)
      WHERE state = 'pending' AND due_by IS NULL AND lane_number IS NULL AND next_attempt_at IS NULL;
    CREATE INDEX deliveries_in_line ON deliveries (subscription_id, topic, lane_number)
      WHERE state = 'pending' AND lane_number IS NOT NULL;
    CREATE INDEX deliveries_numbered ON deliveries (subscription_id, topic, lane_number) WHERE lane_number IS NOT NULL;
    CREATE INDEX deliveries_replayed ON deliveries (replay_of) WHERE replay_of IS NOT NULL;
    CREATE INDEX deliveries_failed ON deliveries (tenant_id, app_id, id) WHERE state = 'failed';
    CREATE INDEX deliveries_by_app ON deliveries (tenant_id, app_id, id);
    CREATE INDEX deliveries_by_subscription ON deliveries (subscription_id, id);

    CREATE TABLE attempts (
      delivery_id uuid NOT NULL,
      day date NOT NULL,
      number integer NOT NULL,
      started_at timestamptz NOT NULL,
      duration_ms integer NOT NULL,
      status_code integer,
      error text,
      response_excerpt text,
      PRIMARY KEY (delivery_id, number, day)
    ) PARTITION BY RANGE (day);

    -- Undated: what its day's retention has to leave alone, and what no partition was made for in time.
    CREATE TABLE events_kept PARTITION OF events DEFAULT;
    CREATE TABLE deliveries_kept PARTITION OF deliveries DEFAULT;
    CREATE TABLE attempts_kept PARTITION OF attempts DEFAULT;

    -- What was cancelled as a whole: a deleted subscription, a dropped topic, a withdrawn grant. One row refuses every
    -- claim of what was accepted before it; a background pass writes the deliveries themselves and then sets done_at.
    CREATE TABLE cancellations (
      id uuid PRIMARY KEY,
      subscription_id uuid NOT NULL REFERENCES subscriptions,
      topic text,
      event_tenant_id text,
      reason text NOT NULL,
      at timestamptz NOT NULL DEFAULT now(),
      done_at timestamptz
    );
    CREATE INDEX cancellations_open ON cancellations (subscription_id) WHERE done_at IS NULL;

    -- Live processes that make attempts: they share each subscription's maxInFlight.
    CREATE TABLE processes (
      id uuid PRIMARY KEY,
      role text NOT NULL,
      started_at timestamptz NOT NULL DEFAULT now(),
      seen_at timestamptz NOT NULL DEFAULT now()
    );

    -- An id of RFC 9562 version 7 at the given milliseconds since 1970.
    CREATE FUNCTION uuid_v7_at(ms bigint) RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
      SELECT (substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7' || substr(gen_random_uuid()::text, 16))::uuid
      FROM lpad(to_hex(ms), 12, '0') AS h
    $$;
  `);
}
