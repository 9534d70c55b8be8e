-- The documents of pension cases that left or came, without what they say of the person: where a case stands follows from
-- them. `said` is JSON: the filing of the claim, the pensions, what was decided, until when an answer is wanted.

CREATE TABLE case_document (
    document_id TEXT   NOT NULL PRIMARY KEY,
    case_id     TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    sender      TEXT   NOT NULL,
    recipient   TEXT   NOT NULL,
    about       TEXT,
    at          BIGINT NOT NULL,
    said        TEXT   NOT NULL
);

CREATE INDEX case_document_case ON case_document (case_id);
