-- What our trusted third party said of a document that came: the answer as it came, with the question it answers, so
-- that both can be shown to anyone later.

CREATE TABLE receipt (
    inbox_id BIGINT NOT NULL PRIMARY KEY,
    question TEXT   NOT NULL,
    asked_at BIGINT NOT NULL,
    answer   BLOB  NOT NULL,
    came_at  BIGINT NOT NULL
);
