-- Since when a document is here: an evidence record (RFC 4998) for each that came and was verified, and for each that
-- leaves.

CREATE TABLE time_stamp (
    side        TEXT   NOT NULL,
    row_id      BIGINT NOT NULL,
    record      BLOB   NOT NULL,
    stamped_at  BIGINT NOT NULL,
    -- Until when its last time stamp can be judged by its own certificate: before that it is stamped again.
    good_until  BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    PRIMARY KEY (side, row_id)
);
CREATE INDEX time_stamp_end ON time_stamp (good_until);

-- The time stamps of today last until good_until: before `until` no record that lasts as long can be renewed. One row
-- for each certificate of the authority, not a change of every record under it.
CREATE TABLE time_stamp_reach (
    good_until BIGINT NOT NULL PRIMARY KEY,
    until      BIGINT NOT NULL
) WITHOUT ROWID;

-- Documents that have no record yet.
CREATE TABLE time_stamp_due (
    side        TEXT   NOT NULL,
    row_id      BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    PRIMARY KEY (side, row_id)
) WITHOUT ROWID;
INSERT INTO time_stamp_due (side, row_id, lease_until) SELECT 'inbox', inbox_id, 0 FROM ledger;
INSERT INTO time_stamp_due (side, row_id, lease_until)
    SELECT 'outbox', id, 0 FROM outbox WHERE kind = 'application' AND document_id IS NOT NULL;
-- In the statement that stores the document: each one more would be a way to the database and back.
CREATE TRIGGER time_stamp_due_in AFTER INSERT ON ledger
BEGIN
    INSERT INTO time_stamp_due (side, row_id, lease_until) SELECT 'inbox', NEW.inbox_id, 0
    WHERE NOT EXISTS (SELECT 1 FROM time_stamp_due WHERE side = 'inbox' AND row_id = NEW.inbox_id);
END;
CREATE TRIGGER time_stamp_due_out AFTER INSERT ON outbox
    WHEN NEW.kind = 'application' AND NEW.document_id IS NOT NULL
BEGIN
    INSERT INTO time_stamp_due (side, row_id, lease_until) VALUES ('outbox', NEW.id, 0);
END;
