"""What the counts say: shares, changes, findings. Everything here reads tallies, never responses."""
