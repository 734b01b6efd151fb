"""What OMB takes a quarter in: v1, wide and v2, and which instrument files in which."""
