"""What OMB reviews before the public is asked: the request for one collection (A-11 §280.11)."""
