-- Bulk checks: which persons two states both pay. `secret` is 32 bytes, overwritten when the check ends; what was made with
-- it is deleted then, but for the hits. A check is worked on under a lease, by one replica at a time.

CREATE TABLE bulk_check (
    number       TEXT   NOT NULL PRIMARY KEY,
    peer         TEXT   NOT NULL,
    role         TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    terms        TEXT   NOT NULL,
    secret       BLOB   NOT NULL,
    own_size     BIGINT NOT NULL DEFAULT 0,
    peer_size    BIGINT NOT NULL DEFAULT 0,
    row_count    BIGINT NOT NULL DEFAULT 0,
    aside_count  BIGINT NOT NULL DEFAULT 0,
    hit_count    BIGINT NOT NULL DEFAULT 0,
    weak_count   BIGINT NOT NULL DEFAULT 0,
    code         TEXT,
    opened_at    BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL,
    leased_until BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX bulk_check_peer ON bulk_check (peer, role, opened_at);
CREATE INDEX bulk_check_state ON bulk_check (state);
-- Of two that are begun at once, one is: limits in time hold for replicas too.
CREATE UNIQUE INDEX bulk_check_one ON bulk_check (peer, role)
    WHERE state IN ('preparing', 'ready', 'opened', 'running', 'told');

-- Each document of a check that asks for an answer: place -1 is the opening, -2 the result, others are batches.
CREATE TABLE bulk_check_step (
    number          TEXT   NOT NULL,
    place           BIGINT NOT NULL,
    document_id     TEXT   NOT NULL,
    conversation_id TEXT   NOT NULL,
    answered        BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (number, place)
);

CREATE INDEX bulk_check_step_conversation ON bulk_check_step (conversation_id);
CREATE INDEX bulk_check_step_document ON bulk_check_step (document_id);

-- Values, whose they are, and rows, in pieces: all of a check is never in memory.
CREATE TABLE bulk_check_piece (
    number  TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    place   BIGINT NOT NULL,
    content BLOB   NOT NULL,
    PRIMARY KEY (number, kind, place)
);
