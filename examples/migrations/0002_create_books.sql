CREATE TABLE IF NOT EXISTS books (
    id         BIGINT   NOT NULL PRIMARY KEY,
    isbn       TEXT     NOT NULL,
    title      TEXT     NOT NULL,
    author     TEXT     NOT NULL,
    copies     INTEGER  NOT NULL DEFAULT 1 CHECK (copies >= 0),
    price      NUMERIC(8, 2),
    CONSTRAINT books_isbn_key UNIQUE (isbn)
);

CREATE INDEX IF NOT EXISTS books_author_idx ON books (author, title);
