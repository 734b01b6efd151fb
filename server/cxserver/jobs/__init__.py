"""Work that is due at its time: alert mails, digests. One process at a time does each."""
