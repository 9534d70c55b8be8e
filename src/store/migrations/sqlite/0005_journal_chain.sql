-- The journal as Decision 5, App. 4 has it: each hop with all that its header says; and the chain that shows what was
-- changed afterwards.

ALTER TABLE journal ADD COLUMN relates_to   TEXT;
ALTER TABLE journal ADD COLUMN procedure_id TEXT;
ALTER TABLE journal ADD COLUMN direction    TEXT;
ALTER TABLE journal ADD COLUMN action       TEXT;
ALTER TABLE journal ADD COLUMN to_address   TEXT;
ALTER TABLE journal ADD COLUMN reply_to     TEXT;
-- Only the node says in which form an entry is to be linked.
ALTER TABLE journal ADD COLUMN link_form    BIGINT;
CREATE INDEX journal_relates   ON journal (relates_to, id)   WHERE relates_to IS NOT NULL;
CREATE INDEX journal_procedure ON journal (procedure_id, id) WHERE procedure_id IS NOT NULL;

-- Entries that no link holds yet. An entry that stands neither here nor in the chain was not written by the node.
CREATE TABLE journal_unlinked (
    id INTEGER PRIMARY KEY
);
INSERT INTO journal_unlinked (id) SELECT id FROM journal;
-- In the statement that appends: each one more would be a way to the database and back.
CREATE TRIGGER journal_waits AFTER INSERT ON journal WHEN NEW.link_form IS NOT NULL
BEGIN
    INSERT INTO journal_unlinked (id) VALUES (NEW.id);
END;

-- Links in the order in which they were made, without gaps; the hash is over the entry and the hash before.
CREATE TABLE journal_chain (
    number   INTEGER PRIMARY KEY,
    entry_id BIGINT NOT NULL UNIQUE,
    form     BIGINT NOT NULL,
    hash     BLOB   NOT NULL
);

-- Where the chain ends. Its one row is locked by whoever adds to the chain.
CREATE TABLE journal_head (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    number   BIGINT NOT NULL,
    hash     BLOB   NOT NULL
);
INSERT INTO journal_head (only_row, number, hash) VALUES (1, 0, zeroblob(32));

-- Heads of the chain that the node has signed with the key of its seal.
CREATE TABLE journal_seal (
    number    INTEGER PRIMARY KEY,
    hash      BLOB   NOT NULL,
    at        BIGINT NOT NULL,
    signer    BLOB   NOT NULL,
    signature BLOB   NOT NULL
);
