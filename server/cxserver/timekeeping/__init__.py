"""What time it is, where one wrong clock must not delete anything or date an answer."""
