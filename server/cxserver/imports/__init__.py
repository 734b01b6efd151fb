"""The past: answers and counts of other systems, taken in as series that are closed."""
