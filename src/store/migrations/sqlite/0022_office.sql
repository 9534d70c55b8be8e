-- Where a case stands, so that a board of many cases is listed by what is due first. It is drawn from the documents and may be
-- behind them: whoever writes to a case has it drawn anew (`is_fresh`), and a page reads the documents of what it shows.
-- `due_on` is the earliest day of what waits, 9999-12-31 where nothing has one.

ALTER TABLE pension_case ADD COLUMN is_fresh  BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pension_case ADD COLUMN stage     TEXT   NOT NULL DEFAULT 'open';
ALTER TABLE pension_case ADD COLUMN due_on    TEXT   NOT NULL DEFAULT '9999-12-31';
ALTER TABLE pension_case ADD COLUMN is_ours   BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pension_case ADD COLUMN is_theirs BIGINT NOT NULL DEFAULT 0;

CREATE INDEX pension_case_stale ON pension_case (case_id) WHERE is_fresh = 0;
CREATE INDEX pension_case_due   ON pension_case (due_on, case_id);
CREATE INDEX pension_case_stage ON pension_case (stage, due_on, case_id);

-- Insurance records that a case rests on, each by the document that brought it: a record names no case. Who put it there.

CREATE TABLE case_record (
    case_id         TEXT   NOT NULL,
    document_id     TEXT   NOT NULL,
    conversation_id TEXT   NOT NULL,
    peer            TEXT   NOT NULL,
    put_at          BIGINT NOT NULL,
    put_by          TEXT   NOT NULL,
    PRIMARY KEY (case_id, document_id)
);

-- Conversations of one transaction, the latest first; and what came in one.

CREATE INDEX conversation_transaction ON conversation (transaction_code, role, started_at);
CREATE INDEX IF NOT EXISTS inbox_conversation ON inbox (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS ledger_inbox ON ledger (inbox_id);
