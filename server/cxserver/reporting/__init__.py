"""What leaves the house: exports, and later the quarter's files."""
