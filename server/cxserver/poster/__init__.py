"""The printed page at a place: a QR code that opens the survey there, and words that invite."""
