-- Appeals of users and incidents (Rules of work, maintenance and access, items 12-15): by one of two channels or found by the
-- node's keepers, each with its term. What is attached is kept beside the text and never executed.

CREATE TABLE appeal (
    id          TEXT   NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    source      TEXT   NOT NULL,
    channel     TEXT   NOT NULL,
    login       TEXT,
    contact     TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    file_name   TEXT,
    file_bytes  BYTEA,
    filed_at    BIGINT NOT NULL,
    due_on      TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    reacted_at  BIGINT,
    reacted_by  TEXT,
    answer      TEXT,
    answered_at BIGINT,
    answered_by TEXT
);

CREATE INDEX appeal_by_state ON appeal (state, id);
CREATE INDEX appeal_by_login ON appeal (login, id);

-- The notice board (item 17, 5), in each language it was written in.

CREATE TABLE notice (
    id           TEXT   NOT NULL PRIMARY KEY,
    published_at BIGINT NOT NULL,
    published_by TEXT   NOT NULL,
    ends_on      TEXT   NOT NULL,
    texts        TEXT   NOT NULL
);

-- What was done for a form or a call that may come twice: its key, whose it was, what it asked, and what was answered.

CREATE TABLE done_once (
    login   TEXT   NOT NULL,
    key     TEXT   NOT NULL,
    digest  TEXT   NOT NULL,
    done_at BIGINT NOT NULL,
    answer  TEXT   NOT NULL,
    PRIMARY KEY (login, key)
);

CREATE INDEX done_once_by_time ON done_once (done_at);
