"""What all High-Impact Service Providers together scored, as the government published it.

performance.gov gives means of five points by fiscal quarter, and no share of 4 and 5: so a mean is
compared with a mean, and never with a share. Nothing has been published in this form since.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Published:
    """The mean of a measure (1 to 5) in a fiscal quarter, and where it was published."""

    mean: float
    quarter: str
    source: str


@cache
def latest(measure: str) -> Published | None:
    """The newest published mean of `trust` or `satisfaction`."""
    text = files(__package__).joinpath("government.csv").read_text("utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row.get(f"{measure}_mean")]
    if not rows:
        return None
    row = rows[-1]
    quarter = f"FY {row['fiscal_year']} Q{row['quarter']}"
    return Published(float(row[f"{measure}_mean"]), quarter, row["source"])
