"""Answers as files and rows for other programs: CSV, JSON lines, Excel, Parquet."""
