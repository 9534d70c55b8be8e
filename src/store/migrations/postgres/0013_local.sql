-- What the local system asked for under a key of its own: the same key has its effect once.

CREATE TABLE local_request (
    key             TEXT   NOT NULL PRIMARY KEY,
    digest          BYTEA  NOT NULL,
    conversation_id TEXT   NOT NULL,
    document_id     TEXT   NOT NULL,
    procedure_id    TEXT   NOT NULL,
    at              BIGINT NOT NULL
);

-- What was handed over, numbered when the local system asks for it, and up to where it has it.

ALTER TABLE handover ADD COLUMN number BIGINT;
CREATE UNIQUE INDEX handover_number ON handover (number);
CREATE INDEX handover_unnumbered ON handover (at, document_id) WHERE number IS NULL;

CREATE TABLE local_cursor (
    name   TEXT   NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO local_cursor (name, number) VALUES ('handed-over', 0);
