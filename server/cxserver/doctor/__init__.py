"""What `cx doctor` looks at: is this installation sound, and what of it ends soon."""
