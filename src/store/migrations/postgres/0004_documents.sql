-- By the document a message carries: what another document refers to.
CREATE INDEX outbox_document ON outbox (document_id) WHERE document_id IS NOT NULL;

-- The side we play in the conversation of a message: it decides on the addresses of its envelope.
ALTER TABLE outbox ADD COLUMN role TEXT NOT NULL DEFAULT 'initiator';
