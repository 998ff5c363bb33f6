-- Jobs and what belongs to them. Times are milliseconds since 1970.

-- One row a job. `seq` is the order in which jobs were accepted, and the cursor of lists.
CREATE TABLE jobs (
    seq              INTEGER PRIMARY KEY,
    id               TEXT    NOT NULL UNIQUE,
    tenant           TEXT    NOT NULL,
    source           TEXT    NOT NULL,
    template_id      TEXT,
    title            TEXT,
    workflow_id      TEXT,
    trace_id         TEXT    NOT NULL,
    parent_span      TEXT,
    retry_of         TEXT,
    state            TEXT    NOT NULL,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    number           INTEGER,
    node_count       INTEGER NOT NULL DEFAULT 0,
    created_at       INTEGER NOT NULL,
    -- When it was last marked as being on its way.
    claimed_at       INTEGER,
    submitted_at     INTEGER,
    started_at       INTEGER,
    ended_at         INTEGER,
    duration_ms      INTEGER NOT NULL DEFAULT 0,
    cached           INTEGER NOT NULL DEFAULT 0,
    outputs          TEXT,
    outputs_count    INTEGER NOT NULL DEFAULT 0,
    error            TEXT,
    node_errors      TEXT,
    delivery         TEXT
) STRICT;

CREATE INDEX jobs_by_state ON jobs (state, source, seq);
CREATE INDEX jobs_open ON jobs (seq) WHERE ended_at IS NULL;
-- With the state and the source in it, so that both can be told without a look at the row.
CREATE INDEX jobs_by_template ON jobs (template_id, seq, state, source) WHERE template_id IS NOT NULL;
CREATE INDEX jobs_by_workflow ON jobs (workflow_id, seq) WHERE workflow_id IS NOT NULL;
CREATE INDEX jobs_by_trace ON jobs (trace_id, seq);
CREATE INDEX jobs_by_duration ON jobs (duration_ms, seq);

-- What is large and only needed to submit, to try again and to deliver; it keeps the rows of lists small.
CREATE TABLE payloads (
    job_seq    INTEGER PRIMARY KEY,
    prompt     TEXT NOT NULL,
    extra_data TEXT NOT NULL,
    callback   TEXT
) STRICT;

-- Everything that happened, appended only. AUTOINCREMENT: a number is never used twice, even after clearing up.
CREATE TABLE events (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    job_seq INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    data    TEXT    NOT NULL
) STRICT;

CREATE INDEX events_by_job ON events (job_seq);

CREATE TABLE idempotency_keys (
    tenant       TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    payload_hash BLOB    NOT NULL,
    job_id       TEXT    NOT NULL,
    expires_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);
CREATE INDEX idempotency_keys_by_job ON idempotency_keys (job_id);

CREATE TABLE nonces (
    nonce      TEXT    NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX nonces_by_expiry ON nonces (expires_at);

-- The outbox of results: a row appears in the transaction that ends its job.
CREATE TABLE deliveries (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id     TEXT    NOT NULL,
    message_id TEXT    NOT NULL UNIQUE,
    target     TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER NOT NULL,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX deliveries_by_job ON deliveries (job_id);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE state = 'pending';

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
