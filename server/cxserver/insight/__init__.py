"""What the counts say. Everything here reads tallies, never responses."""
