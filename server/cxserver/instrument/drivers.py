"""The drivers of experience: what a rating is made of, and how OMB files each of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver. `code` is stored; `omb` is the column name in the quarterly file to OMB."""

    code: str
    omb: str
    category: str


# The chart of A-11 §280.10 has five sub-categories. OMB's files since fiscal year 2024 split
# "Equity / Transparency" in two (humanity is the fair treatment) and add "other".
ALL = (
    Driver("effectiveness", "effectiveness", "Service quality"),
    Driver("ease", "ease", "Process"),
    Driver("efficiency", "efficiency", "Process"),
    Driver("transparency", "transparency", "Process"),
    Driver("humanity", "humanity", "Process"),
    Driver("employee", "employee", "People"),
    Driver("other", "other", "Other"),
)

BY_CODE = {driver.code: driver for driver in ALL}
CODES = tuple(driver.code for driver in ALL)

# What a designated service must ask or explain: "each of the drivers outlined above (as
# applicable)". The chart has no "other".
OF_THE_CHART = tuple(code for code in CODES if code != "other")
