"""The screen at the exit: its page, its pairing, its heartbeat, its worker."""
