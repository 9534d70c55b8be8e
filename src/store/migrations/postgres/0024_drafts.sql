-- Documents of cases that wait for a second pair of eyes, as they are to be sent: JSON of the document. What is approved names
-- a draft by its number and digest, so that nothing of the person stands in the approval.

CREATE TABLE case_draft (
    id        TEXT   NOT NULL PRIMARY KEY,
    case_id   TEXT   NOT NULL,
    recipient TEXT   NOT NULL,
    body      TEXT   NOT NULL,
    made_by   TEXT   NOT NULL,
    made_at   BIGINT NOT NULL
);

CREATE INDEX case_draft_case ON case_draft (case_id, made_at);
