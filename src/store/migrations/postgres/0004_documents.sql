-- By the document a message carries: what another document refers to.
CREATE INDEX outbox_document ON outbox (document_id) WHERE document_id IS NOT NULL;
