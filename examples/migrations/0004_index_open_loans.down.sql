DROP INDEX IF EXISTS loans_book_idx;
DROP INDEX IF EXISTS loans_open_idx;
