"""Retention: what is deleted when its time is over, and the legal holds that stop it."""
