"""From checked answers to durable, counted rows that nobody can join back to a link."""
