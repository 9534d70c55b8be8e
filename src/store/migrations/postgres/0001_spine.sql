-- The spine of a node: what left, what came, what is going on, what was seen, and the journal of it all.
--
-- The same tables as for SQLite, but for the key and the bytes: there INTEGER PRIMARY KEY AUTOINCREMENT and BLOB.
-- Instants are milliseconds since 1970 (UTC), ids are bare UUIDs, states are words that the program reads into enums.

CREATE TABLE journal (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at              BIGINT NOT NULL,
    kind            TEXT   NOT NULL,
    message_id      TEXT,
    conversation_id TEXT,
    document_id     TEXT,
    peer            TEXT,
    code            TEXT,
    detail          TEXT   NOT NULL
);
CREATE INDEX journal_message      ON journal (message_id, id)      WHERE message_id IS NOT NULL;
CREATE INDEX journal_conversation ON journal (conversation_id, id) WHERE conversation_id IS NOT NULL;
CREATE INDEX journal_document     ON journal (document_id, id)     WHERE document_id IS NOT NULL;
CREATE INDEX journal_peer         ON journal (peer, id)            WHERE peer IS NOT NULL;

CREATE TABLE outbox (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    peer            TEXT   NOT NULL,
    conversation_id TEXT   NOT NULL,
    procedure_id    TEXT   NOT NULL,
    document_id     TEXT,
    kind            TEXT   NOT NULL,
    action          TEXT   NOT NULL,
    body            BYTEA   NOT NULL,
    relates_to      TEXT,
    digest          BYTEA   NOT NULL,
    state           TEXT   NOT NULL,
    code            TEXT,
    attempts        BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    next_try_at     BIGINT NOT NULL,
    lease_until     BIGINT NOT NULL
);
CREATE INDEX outbox_claimable ON outbox (peer, id) WHERE state IN ('queued', 'leased');
CREATE INDEX outbox_unfinished ON outbox (conversation_id, peer, id) WHERE state IN ('queued', 'leased', 'parked');
CREATE INDEX outbox_state ON outbox (state);

-- Every send has its own message id, so a row of the outbox may have many.
CREATE TABLE delivery (
    message_id TEXT   NOT NULL PRIMARY KEY,
    outbox_id  BIGINT NOT NULL REFERENCES outbox (id),
    at         BIGINT NOT NULL
);
CREATE INDEX delivery_outbox ON delivery (outbox_id);

CREATE TABLE inbox (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    peer            TEXT   NOT NULL,
    message_id      TEXT,
    relates_to      TEXT,
    conversation_id TEXT,
    procedure_id    TEXT,
    action          TEXT   NOT NULL,
    raw             BYTEA   NOT NULL,
    digest          BYTEA   NOT NULL,
    headers         TEXT   NOT NULL,
    received_at     BIGINT NOT NULL,
    state           TEXT   NOT NULL,
    -- The stage a parked or quarantined row goes back to when a person releases it.
    resume_state    TEXT   NOT NULL,
    code            TEXT,
    attempts        BIGINT NOT NULL,
    next_try_at     BIGINT NOT NULL,
    lease_until     BIGINT NOT NULL
);
CREATE INDEX inbox_claimable ON inbox (id) WHERE state IN ('held', 'leased', 'received', 'accepted');
CREATE INDEX inbox_unfinished ON inbox (conversation_id, peer, id)
    WHERE state IN ('held', 'leased', 'received', 'accepted', 'parked');
-- By peer first: an index that begins with the state would draw the claim away from its own.
CREATE INDEX inbox_peer_state ON inbox (peer, state);

CREATE TABLE conversation (
    id                  TEXT   NOT NULL,
    role                TEXT   NOT NULL,
    peer                TEXT   NOT NULL,
    process             TEXT   NOT NULL,
    transaction_code    TEXT   NOT NULL,
    procedure_id        TEXT   NOT NULL,
    request_document_id TEXT,
    request_outbox_id   BIGINT REFERENCES outbox (id),
    state               TEXT   NOT NULL,
    step                TEXT   NOT NULL,
    t1_at               BIGINT,
    t2_at               BIGINT,
    t3_at               BIGINT,
    -- The earliest of the three timers, so that both engines find it by an index.
    due_at              BIGINT,
    attempts            BIGINT NOT NULL,
    outcome             TEXT,
    started_at          BIGINT NOT NULL,
    finished_at         BIGINT,
    PRIMARY KEY (id, role)
);
CREATE INDEX conversation_due ON conversation (due_at) WHERE state = 'open' AND due_at IS NOT NULL;
CREATE INDEX conversation_peer_state ON conversation (peer, state);

-- Which documents of a peer were seen: a duplicate is known by its content, never by its message id.
CREATE TABLE ledger (
    peer        TEXT   NOT NULL,
    document_id TEXT   NOT NULL,
    digest      BYTEA   NOT NULL,
    inbox_id    BIGINT NOT NULL REFERENCES inbox (id),
    PRIMARY KEY (peer, document_id)
);

-- What was answered to a document; a repeat gets the same again.
CREATE TABLE ledger_answer (
    peer        TEXT   NOT NULL,
    document_id TEXT   NOT NULL,
    outbox_id   BIGINT NOT NULL REFERENCES outbox (id),
    PRIMARY KEY (peer, document_id, outbox_id),
    FOREIGN KEY (peer, document_id) REFERENCES ledger (peer, document_id)
);

-- Documents handed to the local system: at least once, with effect once.
CREATE TABLE handover (
    document_id TEXT   NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL
);
