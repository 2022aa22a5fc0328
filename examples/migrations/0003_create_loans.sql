CREATE TABLE IF NOT EXISTS loans (
    id           BIGINT    NOT NULL PRIMARY KEY,
    member_id    BIGINT    NOT NULL,
    book_id      BIGINT    NOT NULL,
    lent_at      TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    due_at       TIMESTAMP NOT NULL,
    returned_at  TIMESTAMP,
    CONSTRAINT loans_due_check CHECK (due_at >= lent_at),
    CONSTRAINT loans_member_fkey FOREIGN KEY (member_id) REFERENCES members (id) ON DELETE RESTRICT,
    CONSTRAINT loans_book_fkey FOREIGN KEY (book_id) REFERENCES books (id) ON DELETE CASCADE
);
