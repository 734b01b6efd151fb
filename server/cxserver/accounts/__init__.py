"""Who may look: the staff with their roles and sessions, and programs with their keys."""
