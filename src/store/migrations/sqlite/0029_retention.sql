-- Clocks: how long what is kept of persons who seek work is kept.

-- Since when a profile counts, and when the person is to be asked whether he renews; none once he was asked.
ALTER TABLE labour_consent ADD COLUMN profile_at BIGINT;
ALTER TABLE labour_consent ADD COLUMN renew_at BIGINT;
UPDATE labour_consent SET profile_at = given_at WHERE state = 'active' AND candidate IS NOT NULL;
UPDATE labour_consent SET renew_at = expires_at - 2592000000 WHERE state = 'active';
CREATE INDEX labour_consent_profile ON labour_consent (profile_at) WHERE state = 'active' AND profile_at IS NOT NULL;
CREATE INDEX labour_consent_renew ON labour_consent (renew_at) WHERE state = 'active' AND renew_at IS NOT NULL;
CREATE INDEX labour_consent_ended ON labour_consent (ended_at) WHERE ended_at IS NOT NULL;

-- Not before then is a profile published: nobody tells by that when the person consented.
ALTER TABLE labour_target ADD COLUMN publish_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX labour_target_confirmed ON labour_target (confirmed_at) WHERE ref IS NOT NULL AND confirmed_at IS NOT NULL;

-- Up to which number records that were erased may be missing: who comes from before it takes everything anew.
ALTER TABLE labour_stream ADD COLUMN floor_seq BIGINT NOT NULL DEFAULT 0;

-- The document by which a person showed himself: its content goes with the record.
ALTER TABLE labour_reveal ADD COLUMN document_id TEXT;
CREATE INDEX labour_reveal_ended ON labour_reveal (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX labour_reveal_expires ON labour_reveal (expires_at);

CREATE INDEX labour_published_closed ON labour_published (kind, changed_at) WHERE kind = 'vacancy' AND state = 'closed';
CREATE INDEX labour_mirror_gone ON labour_mirror (at) WHERE state IN ('closed', 'erased');

-- What persons of other states showed employers of ours: where it lies, never what it is. `document_id` is absent where the end
-- came before the reveal.
CREATE TABLE labour_shown (
    peer            TEXT   NOT NULL,
    reveal_id       TEXT   NOT NULL,
    document_id     TEXT,
    conversation_id TEXT,
    vacancy         TEXT,
    expires_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    erased_at       BIGINT,
    PRIMARY KEY (peer, reveal_id)
);
CREATE INDEX labour_shown_open ON labour_shown (expires_at) WHERE erased_at IS NULL;

-- A court or an authority has a record kept: number, reason and end date. `kind` is consent, reveal or vacancy.
CREATE TABLE legal_hold (
    number    TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    record    TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    until     BIGINT NOT NULL,
    set_at    BIGINT NOT NULL,
    lifted_at BIGINT,
    PRIMARY KEY (number, kind, record)
);
CREATE INDEX legal_hold_record ON legal_hold (kind, record, until) WHERE lifted_at IS NULL;

-- What is left of a record that was deleted: its SHA-256.
CREATE TABLE labour_hash (
    class TEXT   NOT NULL,
    hash  TEXT   NOT NULL,
    at    BIGINT NOT NULL,
    PRIMARY KEY (class, hash)
);
