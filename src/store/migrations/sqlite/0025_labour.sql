-- What this node publishes of jobs. A record is a vacancy, which all peers may see (peer is empty), or a profile, which one peer may.
-- Content and hash stand together or not at all: what is erased has neither.

CREATE TABLE labour_published (
    kind       TEXT   NOT NULL,
    ref        TEXT   NOT NULL,
    peer       TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    content    TEXT,
    hash       TEXT,
    consent_id TEXT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (kind, ref)
);
CREATE INDEX labour_published_consent ON labour_published (consent_id) WHERE consent_id IS NOT NULL;
CREATE INDEX labour_published_open ON labour_published (kind, state, changed_at) WHERE kind = 'vacancy' AND state = 'active';

-- A stream for each peer and kind. Its row is locked while numbers are given, so that they become visible in their order. What the
-- peer has confirmed.

CREATE TABLE labour_stream (
    peer      TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    epoch     TEXT   NOT NULL,
    head_seq  BIGINT NOT NULL,
    acked_seq BIGINT NOT NULL,
    acked_at  BIGINT,
    PRIMARY KEY (peer, kind)
);

-- The last change of each record in a stream: `first_seq` is the one by which it became active.

CREATE TABLE labour_change (
    peer      TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    ref       TEXT   NOT NULL,
    seq       BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    state     TEXT   NOT NULL,
    hash      TEXT,
    at        BIGINT NOT NULL,
    PRIMARY KEY (peer, kind, ref)
);
CREATE UNIQUE INDEX labour_change_seq ON labour_change (peer, kind, seq);
CREATE UNIQUE INDEX labour_change_active ON labour_change (peer, kind, seq) WHERE state = 'active';

-- Consents: at most one of a person for a purpose is in force. `candidate` is what a profile is made of while it waits for a peer or
-- for others who share its cell; it is blank once the consent has ended.

CREATE TABLE labour_consent (
    id         TEXT   NOT NULL PRIMARY KEY,
    subject    TEXT   NOT NULL,
    purpose    TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    terms      TEXT   NOT NULL,
    candidate  TEXT,
    given_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at   BIGINT,
    channel    TEXT
);
CREATE UNIQUE INDEX labour_consent_active ON labour_consent (subject, purpose) WHERE state = 'active';
CREATE INDEX labour_consent_subject ON labour_consent (subject, given_at);
CREATE INDEX labour_consent_due ON labour_consent (expires_at) WHERE state = 'active';

-- Where a consent lets a profile go: published there, erased there, confirmed by the peer. What waits is tried by its turn.

CREATE TABLE labour_target (
    consent_id   TEXT   NOT NULL,
    peer         TEXT   NOT NULL,
    ref          TEXT,
    tried_at     BIGINT NOT NULL,
    erased_seq   BIGINT,
    erased_at    BIGINT,
    confirmed_at BIGINT,
    signature    TEXT,
    signer       TEXT,
    PRIMARY KEY (consent_id, peer)
);
CREATE INDEX labour_target_waiting ON labour_target (tried_at) WHERE ref IS NULL AND erased_at IS NULL;
CREATE INDEX labour_target_erased ON labour_target (peer, erased_at) WHERE erased_seq IS NOT NULL AND confirmed_at IS NULL;

-- Who is counted where, so that nobody is told of as one of few.

CREATE TABLE labour_cell (
    isco       TEXT NOT NULL,
    consent_id TEXT NOT NULL,
    region     TEXT NOT NULL,
    PRIMARY KEY (isco, consent_id)
);
CREATE INDEX labour_cell_region ON labour_cell (isco, region);
CREATE INDEX labour_cell_consent ON labour_cell (consent_id);

-- To whom a person was revealed: fields by their names, never their values.

CREATE TABLE labour_reveal (
    id         TEXT   NOT NULL PRIMARY KEY,
    consent_id TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    given_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at   BIGINT
);
CREATE INDEX labour_reveal_consent ON labour_reveal (consent_id, given_at);

-- What peers published. A row that is gone has no content and no hash; one that is wanted is asked for again. `generation` tells
-- which snapshot saw it.

CREATE TABLE labour_mirror (
    peer       TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    ref        TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    content    TEXT,
    hash       TEXT,
    until      BIGINT,
    generation BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    code       TEXT,
    PRIMARY KEY (peer, kind, ref)
);
CREATE INDEX labour_mirror_wanted ON labour_mirror (peer, kind, at) WHERE state = 'wanted';
CREATE INDEX labour_mirror_until ON labour_mirror (until) WHERE until IS NOT NULL;

-- How far each stream of a peer is taken.

CREATE TABLE labour_cursor (
    peer            TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    epoch           TEXT   NOT NULL,
    seq             BIGINT NOT NULL,
    head_seq        BIGINT NOT NULL,
    snapshot_after  BIGINT,
    generation      BIGINT NOT NULL,
    acked_seq       BIGINT NOT NULL,
    unknown         BIGINT NOT NULL,
    moves           BIGINT NOT NULL,
    heard_at        BIGINT NOT NULL,
    code            TEXT,
    PRIMARY KEY (peer, kind)
);
