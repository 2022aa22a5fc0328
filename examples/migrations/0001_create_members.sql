-- People who may borrow. Keys are handed out by the application, so both engines store them alike.
CREATE TABLE IF NOT EXISTS members (
    id         BIGINT    NOT NULL PRIMARY KEY,
    email      TEXT      NOT NULL,
    name       TEXT      NOT NULL CHECK (length(name) > 0),
    active     BOOLEAN   NOT NULL DEFAULT TRUE,
    joined_at  TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT members_email_key UNIQUE (email)
);
