-- What those look for who operate a node: messages by time, peer, state and each of their ids.

CREATE INDEX outbox_time         ON outbox (created_at, id);
CREATE INDEX outbox_peer_time    ON outbox (peer, created_at, id);
CREATE INDEX outbox_conversation ON outbox (conversation_id);
DROP INDEX outbox_state;
CREATE INDEX outbox_state        ON outbox (state, created_at, id);

CREATE INDEX inbox_time          ON inbox (received_at, id);
CREATE INDEX inbox_peer_time     ON inbox (peer, received_at, id);
CREATE INDEX IF NOT EXISTS inbox_conversation ON inbox (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX inbox_message       ON inbox (message_id)      WHERE message_id IS NOT NULL;
-- Not of the states that each message passes: there it would be written each time.
CREATE INDEX inbox_apart         ON inbox (state, received_at, id)
    WHERE state IN ('deferred', 'returned', 'quarantined', 'parked');

-- From a message to the document that came with it.
CREATE INDEX IF NOT EXISTS ledger_inbox ON ledger (inbox_id);

CREATE INDEX conversation_finished ON conversation (finished_at) WHERE finished_at IS NOT NULL;

-- Who a document is about: keyed digests of his numbers, and of his folded name with his day of birth, under the key of
-- subject_key. The values themselves stand in no row but those of the documents.
CREATE TABLE person_ref (
    subject         BLOB   NOT NULL,
    document_id     TEXT   NOT NULL,
    conversation_id TEXT,
    at              BIGINT NOT NULL,
    PRIMARY KEY (subject, document_id)
) WITHOUT ROWID;

-- How far documents of before this table are read: up to `place`, of those up to `last`; `unread` could not be.
CREATE TABLE person_fill (
    side   TEXT   NOT NULL PRIMARY KEY,
    place  BIGINT NOT NULL,
    last   BIGINT NOT NULL,
    unread BIGINT NOT NULL
);
INSERT INTO person_fill (side, place, last, unread) SELECT 'out', 0, COALESCE(MAX(id), 0), 0 FROM outbox;
INSERT INTO person_fill (side, place, last, unread) SELECT 'in', 0, COALESCE(MAX(id), 0), 0 FROM inbox;

-- Figures of days that are over, by days since 1970 (UTC): how many of what, in which class of duration.
CREATE TABLE figure_day (
    day     BIGINT NOT NULL,
    peer    TEXT   NOT NULL,
    measure TEXT   NOT NULL,
    class   BIGINT NOT NULL,
    number  BIGINT NOT NULL,
    PRIMARY KEY (day, peer, measure, class)
) WITHOUT ROWID;

-- Days before `day` are in that table.
CREATE TABLE figure_closed (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    day      BIGINT NOT NULL
);

-- Figures of now that are too long to count for each who asks: the latest count.
CREATE TABLE figure_now (
    measure TEXT   NOT NULL,
    peer    TEXT   NOT NULL,
    number  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (measure, peer)
);
