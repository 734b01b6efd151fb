"""Genuine links that do not open: the public sees a page, the agency would never hear of it."""

from collections.abc import Iterable

from cxserver.catalog.directory import Directory
from cxserver.doctor.finding import Finding
from cxserver.intake.refused_links import OTHERS, RefusedLinks

_LINKS = "refused links"
# The days that are looked at.
DAYS = 7
_MOST = 10


def links(directory: Directory, counted: Iterable[RefusedLinks]) -> list[Finding]:
    """A finding for each service, office and reason that somebody has to see to."""
    faults = [row for row in counted if row.is_fault]
    findings = [_finding(directory, row) for row in faults[:_MOST]]
    if len(faults) > _MOST:
        more = f"and {len(faults) - _MOST} more, on the staff page for links"
        findings.append(Finding(_LINKS, "warning", more))
    return findings or [Finding(_LINKS, "ok", f"none by a fault of ours in {DAYS} days")]


def _finding(directory: Directory, row: RefusedLinks) -> Finding:
    times = "once" if row.n == 1 else f"{row.n:,} times"
    office = f"office '{row.office}'" if row.office != OTHERS else "more offices"
    text = f"{row.service}, {office}: {times} in {DAYS} days, last on {row.last}"
    return Finding(_LINKS, "problem", text, row.text(directory))
