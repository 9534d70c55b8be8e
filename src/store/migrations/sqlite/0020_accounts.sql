-- Who may work with the node: accounts by access request, their sessions, every act, and what waits for a second pair of eyes.

-- One account, one person (A6): `person` is a keyed digest of his number. `details`, `history` are JSON. What a program has
-- instead of a password is its public key (A40).
CREATE TABLE account (
    login           TEXT   NOT NULL PRIMARY KEY,
    role            TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    ground          TEXT,
    person          TEXT   UNIQUE,
    name            TEXT   NOT NULL,
    details         TEXT   NOT NULL,
    password        TEXT,
    password_at     BIGINT NOT NULL,
    history         TEXT   NOT NULL,
    factor          BLOB,
    factor_step     BIGINT,
    factor_offered  BLOB,
    public_key      BLOB,
    tries           BIGINT NOT NULL,
    shut_until      BIGINT,
    rules           TEXT,
    rules_at        BIGINT,
    request_id      TEXT   NOT NULL,
    made_at         BIGINT NOT NULL,
    used_at         BIGINT NOT NULL
);
CREATE INDEX account_idle ON account (used_at) WHERE state <> 'blocked';
CREATE INDEX account_role ON account (role, state);

-- What the browser holds is not here: `token` is its SHA-256.
CREATE TABLE session (
    token           BLOB   NOT NULL PRIMARY KEY,
    id              TEXT   NOT NULL UNIQUE,
    login           TEXT   NOT NULL,
    csrf            TEXT   NOT NULL,
    address         TEXT   NOT NULL,
    agent           TEXT   NOT NULL,
    began_at        BIGINT NOT NULL,
    used_at         BIGINT NOT NULL,
    ends_at         BIGINT NOT NULL
);
CREATE INDEX session_login ON session (login, began_at);
CREATE INDEX session_end   ON session (ends_at);

-- Failed tries by address, for the door that is never locked.
CREATE TABLE entry_try (
    login           TEXT   NOT NULL,
    address         TEXT   NOT NULL,
    tries           BIGINT NOT NULL,
    shut_until      BIGINT NOT NULL,
    PRIMARY KEY (login, address)
);

-- Access requests (form App. 2) as JSON; a number is that of its filing.
CREATE TABLE access_request (
    id              TEXT   NOT NULL PRIMARY KEY,
    state           TEXT   NOT NULL,
    body            TEXT   NOT NULL,
    filed_by        TEXT   NOT NULL,
    filed_at        BIGINT NOT NULL,
    due_on          TEXT   NOT NULL,
    wording         TEXT   NOT NULL,
    decided_by      TEXT,
    decided_at      BIGINT,
    ground          TEXT
);
CREATE INDEX access_request_state ON access_request (state, id);

-- Copies of orders, by SHA-256.
CREATE TABLE access_file (
    digest          BLOB   NOT NULL PRIMARY KEY,
    name            TEXT   NOT NULL,
    media           TEXT   NOT NULL,
    bytes           BLOB   NOT NULL,
    at              BIGINT NOT NULL
);

-- Journal of registration of users and issue of logins (form App. 1): six columns, and beside them whose it is.
CREATE TABLE login_journal (
    id              TEXT   NOT NULL PRIMARY KEY,
    letter          TEXT   NOT NULL,
    systems         TEXT   NOT NULL,
    issued_at       BIGINT NOT NULL,
    basis           TEXT   NOT NULL,
    administrator   TEXT   NOT NULL,
    note            TEXT   NOT NULL,
    request_id      TEXT   NOT NULL,
    login           TEXT   NOT NULL
);

-- Answers to requests until a person or a mail program takes them; then only that they were taken is kept.
CREATE TABLE reply (
    id              TEXT   NOT NULL PRIMARY KEY,
    request_id      TEXT   NOT NULL,
    login           TEXT,
    address         TEXT   NOT NULL,
    body            TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    taken_at        BIGINT
);
CREATE INDEX reply_waits ON reply (id) WHERE taken_at IS NULL;

-- Every act and every refusal (A2). The same stands in the journal, whose chain proves it.
CREATE TABLE act (
    id              TEXT   NOT NULL PRIMARY KEY,
    at              BIGINT NOT NULL,
    login           TEXT   NOT NULL,
    role            TEXT,
    via             TEXT   NOT NULL,
    command         TEXT   NOT NULL,
    object          TEXT   NOT NULL,
    subject         TEXT,
    purpose         TEXT,
    served          TEXT,
    code            TEXT
);
CREATE INDEX act_login   ON act (login, id);
CREATE INDEX act_object  ON act (object, id);
CREATE INDEX act_subject ON act (subject, id) WHERE subject IS NOT NULL;
CREATE INDEX act_at      ON act (at);

-- What waits for a second pair of eyes, and what became of it.
CREATE TABLE approval (
    id              TEXT   NOT NULL PRIMARY KEY,
    command         TEXT   NOT NULL,
    object          TEXT   NOT NULL,
    body            TEXT   NOT NULL,
    asked_by        TEXT   NOT NULL,
    asked_at        BIGINT NOT NULL,
    state           TEXT   NOT NULL,
    decided_by      TEXT,
    decided_at      BIGINT,
    reason          TEXT
);
CREATE INDEX approval_state  ON approval (state, id);
CREATE INDEX approval_object ON approval (command, object);

-- Tokens of programs that were shown, each once.
CREATE TABLE token_shown (
    login           TEXT   NOT NULL,
    jti             TEXT   NOT NULL,
    ends_at         BIGINT NOT NULL,
    PRIMARY KEY (login, jti)
);
CREATE INDEX token_shown_end ON token_shown (ends_at);

-- How far a feed has read the chain of the journal.
CREATE TABLE feed (
    name            TEXT   NOT NULL PRIMARY KEY,
    number          BIGINT NOT NULL
);

-- The key with which persons are digested in acts. It stays with the database, for all replicas and for ever: another one would
-- hide what was seen before. What leaves the database, the journal that is exported, cannot be matched with numbers without it.
CREATE TABLE subject_key (
    only_row        BIGINT NOT NULL PRIMARY KEY CHECK (only_row = 1),
    key             BLOB   NOT NULL
);
