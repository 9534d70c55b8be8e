-- One row for each case: who writes to a case changes it first, so that two who judge by the same documents do so one after
-- the other. A case is watched until nothing in it waits for an answer.

CREATE TABLE pension_case (
    case_id    TEXT   NOT NULL PRIMARY KEY,
    is_watched BIGINT NOT NULL
);

INSERT INTO pension_case (case_id, is_watched) SELECT DISTINCT case_id, 1 FROM case_document;

CREATE INDEX pension_case_watched ON pension_case (case_id) WHERE is_watched = 1;

-- By which row a document came: it counts when that is settled, and never if it was returned. Own documents have none.

ALTER TABLE case_document ADD COLUMN inbox_id BIGINT;

-- Whether the peer refused our document, or its transaction was cancelled: then it counts not, until it is sent again.

ALTER TABLE case_document ADD COLUMN is_void BIGINT NOT NULL DEFAULT 0;

-- Pages on paper that a clerk scanned and noted in a case. Nothing follows from them. The digest is that of the code on the page,
-- empty where the document bore no seal.

CREATE TABLE case_page (
    case_id     TEXT   NOT NULL,
    document_id TEXT   NOT NULL,
    digest      TEXT   NOT NULL,
    page        BIGINT NOT NULL,
    pages       BIGINT NOT NULL,
    noted_at    BIGINT NOT NULL,
    PRIMARY KEY (case_id, document_id, digest, page)
);
