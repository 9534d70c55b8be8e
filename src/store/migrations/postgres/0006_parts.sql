-- Attachments: what a message refers to (XOP) and is too large to stand in it. Kept in chunks, so that none of them is
-- ever in memory as a whole; the same content is kept once.

CREATE TABLE part (
    id     TEXT   NOT NULL PRIMARY KEY,
    -- Absent while it comes.
    digest BYTEA,
    bytes  BIGINT NOT NULL,
    -- When it came, or was met again.
    at     BIGINT NOT NULL
);
CREATE INDEX part_digest ON part (digest) WHERE digest IS NOT NULL;

CREATE TABLE part_chunk (
    part_id TEXT   NOT NULL REFERENCES part (id),
    place   BIGINT NOT NULL,
    content BYTEA   NOT NULL,
    PRIMARY KEY (part_id, place)
);

-- Which message refers to a part, and by which name; what nobody refers to is forgotten after a while.
CREATE TABLE part_use (
    side       TEXT   NOT NULL,
    row_id     BIGINT NOT NULL,
    content_id TEXT   NOT NULL,
    part_id    TEXT   NOT NULL REFERENCES part (id),
    PRIMARY KEY (side, row_id, content_id)
);
CREATE INDEX part_use_part ON part_use (part_id);
