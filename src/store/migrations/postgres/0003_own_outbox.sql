-- A respondent whose response is confirmed watches a row of its own, too.
ALTER TABLE conversation RENAME COLUMN request_outbox_id TO own_outbox_id;

-- What waits for the end of its transaction.
CREATE INDEX inbox_deferred ON inbox (conversation_id, peer) WHERE state = 'deferred';

-- What a person may begin again.
CREATE INDEX conversation_ended ON conversation (started_at, id) WHERE state IN ('failed', 'expired');
