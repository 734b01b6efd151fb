"""What the counts say: shares, changes, findings. All of it reads tallies, never responses."""
