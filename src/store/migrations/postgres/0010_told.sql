-- What a person was told of once, by its sentence: whichever replica comes first tells of it.

CREATE TABLE told (
    sentence TEXT   NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL
);

-- Whether the journal tells what the third party said: it may be kept before it can be judged.

ALTER TABLE receipt ADD COLUMN is_told BIGINT NOT NULL DEFAULT 1;
