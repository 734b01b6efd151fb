"""What small numbers let be shown to people who do not hold the rows. Pure."""

ENOUGH = 5
"""The fewest people that a number may stand for, and that two numbers may differ by."""
