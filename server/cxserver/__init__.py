"""The survey server: it draws the screen, keeps the answer, counts it and shows the count."""
