"""A finding in plain English. Every page, mail, command and program says it with these words."""

from collections.abc import Mapping
from dataclasses import dataclass

from cxserver.catalog.directory import Directory
from cxserver.findings.engine import LEAST, Finding, Report
from cxserver.results import drivers, measures

_CHANNELS: Mapping[str, str] = {
    "email": "by email",
    "sms": "by text message",
    "web": "after a visit on the web",
    "phone": "after a call",
    "kiosk": "at the kiosk",
    "poster": "from the poster",
    "site": "on the website",
    "paper": "on paper",
}
# What happens to people, not what a score does.
_TITLES: Mapping[str, str] = {
    "effectiveness": "People leave without what they came for",
    "ease": "It is hard to get things done",
    "efficiency": "It takes too long",
    "transparency": "It is not clear what to do",
    "humanity": "People do not feel treated fairly",
    "employee": "People do not get enough help from staff",
    "other": "Something else could be better",
}
# Rates of chance below which a finding is called so.
_VERY, _FAIRLY = 0.001, 0.01


@dataclass(frozen=True, slots=True)
class FindingText:
    """A finding in sentences: `title` says what happens and where,
    `share` how often it is named here and elsewhere, `people` how many fewer it could be, `sure`
    how often chance does this, `kind` whether it is this matter or the mood. `level` is 1 to 3:
    how sure, in squares.
    """

    title: str
    share: str
    people: str
    sure: str
    kind: str
    level: int

    @property
    def paragraph(self) -> str:
        """All of it but the title, to be read in one go."""
        return " ".join((self.share, self.people, self.sure, self.kind))


def of(finding: Finding, directory: Directory) -> FindingText:
    """One finding in sentences."""
    level, sure = _sure(finding)
    return FindingText(
        title=_title(finding, directory),
        share=_share(finding, directory),
        people=_people(finding),
        sure=sure,
        kind=_kind(finding, directory),
        level=level,
    )


def summary(report: Report) -> str:
    """How much stands out, or that nothing does."""
    if report.findings:
        places = len({finding.office for finding in report.findings})
        return f"{places} {'office stands' if places == 1 else 'offices stand'} out beyond chance."
    if not report.looked_at:
        return f"Not enough answers to compare offices yet: that takes {LEAST} at each of two."
    return "No finding is sure: no office has anything named more often than chance explains."


def place(driver: str, service: str, office: str, directory: Directory) -> str:
    """What happens to people, and where."""
    among = f" ({directory.services[service].name})" if len(directory.services) > 1 else ""
    return f"{_TITLES[driver]} at {directory.offices[office].name}{among}"


def _title(finding: Finding, directory: Directory) -> str:
    way = f", {_CHANNELS.get(finding.channel, finding.channel)}" if finding.channel else ""
    return place(finding.driver, finding.service, finding.office, directory) + way


def _share(finding: Finding, directory: Directory) -> str:
    word = drivers.label(directory.services[finding.service].survey, finding.driver)
    share = 100 * finding.named / finding.n
    elsewhere = 100 * finding.named_elsewhere / finding.n_elsewhere
    people = measures.people(finding.named, finding.n)
    return (
        f"{people} people ({share:.0f} of 100) name “{word}” as what could be better; "
        f"elsewhere {_of_100(elsewhere)} of 100 do."
    )


def _people(finding: Finding) -> str:
    people = max(1, int(finding.people))
    fewer = f"{people:,} fewer {'person' if people == 1 else 'people'}"
    return f"If it were as elsewhere, at least {fewer} would name it."


def _sure(finding: Finding) -> tuple[int, str]:
    if finding.rate < _VERY:
        return 3, "Very sure: fewer than one such finding in a thousand is chance."
    if finding.rate < _FAIRLY:
        return 2, "Fairly sure: fewer than one such finding in a hundred is chance."
    return 1, "Not very sure: up to one such finding in twenty is chance."


def _kind(finding: Finding, directory: Directory) -> str:
    comparison = (
        "Unhappy people here name it more often than unhappy people elsewhere."
        if finding.specific
        else "More people are unhappy here; what they name is much the same as elsewhere."
    )
    if not finding.also:
        return comparison
    survey = directory.services[finding.service].survey
    words = ", ".join(f"“{drivers.label(survey, code)}”" for code in finding.also)
    return f"{comparison} Named more than elsewhere, too: {words}."


def _of_100(share: float) -> str:
    return "fewer than 1" if share < 0.5 else f"{share:.0f}"
