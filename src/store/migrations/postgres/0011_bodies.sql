-- What came and what leaves, byte by byte, beside the row that says where it stands: a row changes its state several
-- times, and its bytes need not be written again each time.

CREATE TABLE inbox_raw (
    inbox_id BIGINT NOT NULL PRIMARY KEY,
    raw      BYTEA NOT NULL
);
INSERT INTO inbox_raw (inbox_id, raw) SELECT id, raw FROM inbox;
ALTER TABLE inbox DROP COLUMN raw;

CREATE TABLE outbox_body (
    outbox_id BIGINT NOT NULL PRIMARY KEY,
    body      BYTEA NOT NULL
);
INSERT INTO outbox_body (outbox_id, body) SELECT id, body FROM outbox;
ALTER TABLE outbox DROP COLUMN body;

-- When it was last seen that the database can be written.

CREATE TABLE probe (
    id BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
