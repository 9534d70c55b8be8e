-- Inquiries that were prepared for workers who near a pension age: one for each worker and state, for ever, whichever replica
-- comes first. `key` is drawn from who he is and who is asked; what is asked stands in a file beside the node, not here.

CREATE TABLE prepared (
    key             TEXT   NOT NULL PRIMARY KEY,
    id              TEXT   NOT NULL UNIQUE,
    peer            TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    reasons         TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    made_at         BIGINT NOT NULL,
    conversation_id TEXT
);
