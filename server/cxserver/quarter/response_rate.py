"""What share of the people who were offered the survey answered it, where that is known.

How many were offered it nobody can count from here: a person enters it for a service, a channel
and a quarter (`cx quarter volumes`, or the Quarter page). So it is of a quarter and of a service.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cxserver.periods import Period
from cxserver.quarter import volumes
from cxserver.quarter.volumes import Volume
from cxserver.results import cuts
from cxserver.results.cuts import NotCut
from cxserver.results.question import CHANNELS, Filters
from cxserver.results.reading import Reading

_ANSWERS = ("response",)


@dataclass(frozen=True, slots=True)
class ResponseRate:
    """`n` answers of `offered` people, in a quarter; or `reason` why there is no rate."""

    n: int = 0
    offered: int = 0
    quarter: str = ""
    source: str = ""
    reason: str = ""

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None where it is not known."""
        return self.n / self.offered if self.offered and not self.reason else None


def read(reader: Reading, filters: Filters) -> ResponseRate:
    """The rate of the newest quarter that has volumes."""
    if filters.office is not None or filters.seen.offices is not None:
        return ResponseRate(
            reason="People offered the survey are entered by service, so one office has no rate."
        )
    services = {service.slug for service in filters.services_in(filters.of_office())}
    quarter, entered = volumes.newest(reader.connection, services)
    if quarter is None:
        return ResponseRate(reason="Nobody has entered how many people were offered the survey.")
    return _rate(reader, filters, quarter, entered)


def _rate(
    reader: Reading, filters: Filters, quarter: Period, entered: Mapping[tuple[str, str], Volume]
) -> ResponseRate:
    title = f"fiscal year {quarter.name[:4]}, quarter {quarter.name[-1]}"
    scope = filters.of_office().during(quarter.span)
    by = ("service", "channel")
    try:
        counted = cuts.read(reader.connection, scope, by, _ANSWERS)
    except NotCut:
        return ResponseRate(quarter=title, reason="This quarter cannot be counted by channel yet.")
    if counted.hidden & entered.keys():
        return ResponseRate(
            quarter=title, reason="A channel of few answers is hidden, so the rate is not shown."
        )
    n = sum(
        item.n
        for item in counted.slices
        if (item.group["service"], item.group["channel"]) in entered
    )
    offered = sum(volume.offered for volume in entered.values())
    source = "; ".join(sorted({volume.source for volume in entered.values()}))
    channels = ", ".join(sorted({CHANNELS[channel].lower() for _, channel in entered}))
    if n > offered:
        reason = f"{n:,} answers and only {offered:,} people offered: check the volumes entered."
        return ResponseRate(n, offered, title, source, reason)
    return ResponseRate(n, offered, title, f"{source} ({channels})")
