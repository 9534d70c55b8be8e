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
    id BIGINT PRIMARY KEY
);
INSERT INTO journal_unlinked (id) SELECT id FROM journal;
-- In the statement that appends: each one more would be a way to the database and back.
CREATE FUNCTION journal_wait() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO journal_unlinked (id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER journal_waits AFTER INSERT ON journal
    FOR EACH ROW WHEN (NEW.link_form IS NOT NULL) EXECUTE FUNCTION journal_wait();

-- Links in the order in which they were made, without gaps; the hash is over the entry and the hash before.
CREATE TABLE journal_chain (
    number   BIGINT PRIMARY KEY,
    entry_id BIGINT NOT NULL UNIQUE,
    form     BIGINT NOT NULL,
    hash     BYTEA  NOT NULL
);

-- Where the chain ends. Its one row is locked by whoever adds to the chain.
CREATE TABLE journal_head (
    only_row BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    number   BIGINT NOT NULL,
    hash     BYTEA  NOT NULL
);
INSERT INTO journal_head (only_row, number, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

-- Heads of the chain that the node has signed with the key of its seal.
CREATE TABLE journal_seal (
    number    BIGINT PRIMARY KEY,
    hash      BYTEA  NOT NULL,
    at        BIGINT NOT NULL,
    signer    BYTEA  NOT NULL,
    signature BYTEA  NOT NULL
);
