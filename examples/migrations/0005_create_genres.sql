CREATE TABLE IF NOT EXISTS genres (
    code   TEXT NOT NULL PRIMARY KEY,
    label  TEXT NOT NULL
);

-- Rows that the application relies on. On a replay the ones already there are kept as they are.
INSERT INTO genres (code, label) VALUES
    ('fiction', 'Fiction'),
    ('history', 'History'),
    ('science', 'Science; nature'),
    ('poetry',  'Poetry')
ON CONFLICT (code) DO NOTHING;

CREATE TABLE IF NOT EXISTS book_genres (
    book_id  BIGINT NOT NULL REFERENCES books (id) ON DELETE CASCADE,
    genre    TEXT   NOT NULL REFERENCES genres (code),
    PRIMARY KEY (book_id, genre)
);
