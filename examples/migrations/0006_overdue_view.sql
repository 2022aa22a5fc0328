-- Neither engine knows the other's way to replace a view; dropping it first is understood by both.
DROP VIEW IF EXISTS overdue;
CREATE VIEW overdue AS
SELECT loans.id, members.email, books.title, loans.due_at
  FROM loans
  JOIN members ON members.id = loans.member_id
  JOIN books ON books.id = loans.book_id
 WHERE loans.returned_at IS NULL
   AND loans.due_at < CURRENT_TIMESTAMP;
