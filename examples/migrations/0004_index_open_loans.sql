-- A book that is out has one open loan a copy; the desk asks for them all day.
CREATE INDEX IF NOT EXISTS loans_open_idx ON loans (member_id, due_at) WHERE returned_at IS NULL;
CREATE INDEX IF NOT EXISTS loans_book_idx ON loans (book_id);
