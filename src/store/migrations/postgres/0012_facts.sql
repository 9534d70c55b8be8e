-- Facts that came and still count: asked for once, and not again while they do. `key` is drawn from who said it, of what
-- kind, on what ground and about whom. What has ended is deleted.

CREATE TABLE fact (
    key         TEXT   NOT NULL PRIMARY KEY,
    peer        TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    document_id TEXT   NOT NULL,
    valid_until TEXT   NOT NULL,
    kept_at     BIGINT NOT NULL,
    body        TEXT   NOT NULL
);

CREATE INDEX fact_end ON fact (valid_until);

-- Offers that life events make: one for each event, kind and peer, for ever. `body` is emptied when the offer has ended.

CREATE TABLE fact_offer (
    id              TEXT   NOT NULL PRIMARY KEY,
    event           TEXT   NOT NULL,
    kind            TEXT   NOT NULL,
    peer            TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    made_at         BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    conversation_id TEXT,
    body            TEXT   NOT NULL,
    UNIQUE (event, kind, peer)
);

CREATE INDEX fact_offer_state ON fact_offer (state);
CREATE INDEX fact_offer_conversation ON fact_offer (conversation_id);
