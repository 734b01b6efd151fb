"""What to fix first, in sentences: what, where, how many people, how sure. Pure."""

from collections.abc import Mapping

from cxserver.catalog.directory import Directory, Service
from cxserver.results import drivers, measures
from cxserver.results.findings import LEAST, Common, Finding, Report

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


def sentence(finding: Finding, directory: Directory) -> str:
    """One finding in plain English."""
    return " ".join(
        (_what(finding, directory), _many(finding), _sure(finding), _kind(finding, directory))
    )


def common(most: Common, directory: Directory) -> str:
    """What is named most, wherever people were."""
    service = directory.services[most.service]
    word = drivers.label(service.survey, most.driver)
    people = measures.people(most.named, most.n)
    return f"All over {service.name}, “{word}” is named most: by {people} people."


def summary(report: Report) -> str:
    """How much stands out, or that nothing does."""
    if report.findings:
        places = len({(finding.service, finding.office) for finding in report.findings})
        return f"{places} {'office stands' if places == 1 else 'offices stand'} out beyond chance."
    if not report.looked_at:
        return f"Not enough answers to compare offices yet: that takes {LEAST} at each of two."
    return "No driver stands out: no office has one named more often than chance explains."


def _what(finding: Finding, directory: Directory) -> str:
    service = directory.services[finding.service]
    office = directory.offices[finding.office].name
    way = f", {_CHANNELS.get(finding.channel, finding.channel)}" if finding.channel else ""
    share = 100 * finding.named / finding.n
    elsewhere = 100 * finding.named_elsewhere / finding.n_elsewhere
    return (
        f"“{drivers.label(service.survey, finding.driver)}” is named as what could be better by "
        f"{measures.people(finding.named, finding.n)} people ({share:.0f} of 100) at "
        f"{office}{_among(service, directory)}{way}; elsewhere by {_of_100(elsewhere)}."
    )


def _among(service: Service, directory: Directory) -> str:
    return f" ({service.name})" if len(directory.services) > 1 else ""


def _many(finding: Finding) -> str:
    people = max(1, int(finding.people))
    fewer = f"{people:,} fewer {'person' if people == 1 else 'people'}"
    return f"If it were as elsewhere, at least {fewer} would name it."


def _sure(finding: Finding) -> str:
    if finding.rate < 0.001:
        return "We are sure: fewer than one such finding in a thousand is chance."
    if finding.rate < 0.01:
        return "We are fairly sure: fewer than one such finding in a hundred is chance."
    return "We are not very sure: up to one such finding in twenty is chance."


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
    return f"{comparison} Named more than elsewhere too: {words}."


def _of_100(share: float) -> str:
    return "fewer than 1 of 100" if share < 0.5 else f"{share:.0f} of 100"
