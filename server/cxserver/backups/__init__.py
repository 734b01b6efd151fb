"""Backups: taking, checking and restoring them, what was erased since, and moving to another
database.
"""
