"""What is filed with OMB: the quarter, its comments, its figures, its record."""
