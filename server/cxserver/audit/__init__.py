"""Who did what on the staff, about what and when: lines that are only ever added."""
