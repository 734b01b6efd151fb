"""The questions of A-11 §280.10 as data and rules. Pure: no database, no web."""
