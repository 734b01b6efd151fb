"""Rules about the drivers: which are asked, in which form, in which words."""

from collections.abc import Iterator

from cxserver.instrument import drivers, finding
from cxserver.instrument.draft import Draft
from cxserver.instrument.finding import Finding

# A tapped driver stands in half the width of a phone; a statement has a line to itself.
TAP_LENGTH = 30
STATEMENT_LENGTH = 120


def drivers_take_one_form(draft: Draft) -> Iterator[Finding]:
    """Drivers are tapped under the rating, chosen from a list, or rated one by one."""
    if draft.driver_mode not in ("tap", "choice", "likert"):
        yield Finding(
            "survey.driver_mode",
            "§280.10 has three forms: 'tap' (under the rating), 'choice' (one question), "
            "'likert' (a statement each)",
        )
    elif draft.kind and draft.driver_mode not in draft.kind.modes:
        yield Finding(
            "survey.driver_mode",
            f"'{draft.driver_mode}' is no form of {draft.kind.code}; write "
            f"{' or '.join(repr(mode) for mode in draft.kind.modes)}",
        )


def drivers_are_asked(draft: Draft) -> Iterator[Finding]:
    """At least one driver, each known and asked once."""
    if not draft.drivers:
        yield Finding("survey.drivers", "no driver is asked; §280.10 requires those that apply")
    for code in sorted(set(draft.drivers) - set(drivers.CODES)):
        yield Finding(
            "survey.drivers", f"unknown driver '{code}'{finding.hint(code, drivers.CODES)}"
        )
    for code in finding.repeated(draft.drivers):
        yield Finding("survey.drivers", f"'{code}' appears twice", "")


def drivers_are_of_the_instrument(draft: Draft) -> Iterator[Finding]:
    """An instrument has its own list of drivers, and some that it never leaves out."""
    if draft.kind is None:
        return
    for code in draft.drivers:
        if code in drivers.BY_CODE and code not in draft.kind.drivers:
            yield Finding(
                "survey.drivers",
                f"'{code}' is none of {draft.kind.code}; it has {', '.join(draft.kind.drivers)}",
            )
    excused = draft.drivers_not_applicable if draft.kind.excuses else {}
    for code in draft.kind.required:
        if code not in draft.drivers and code not in excused:
            reason = (
                "or say in drivers_not_applicable why it does not apply"
                if draft.kind.excuses
                else "OMB's file has no 'not asked' for it"
            )
            yield Finding(
                "survey.drivers",
                f"'{code}' is not asked; {draft.kind.code} always asks it; {reason}",
            )


def efficiency_is_asked_where_the_file_may_need_it(draft: Draft) -> Iterator[Finding]:
    """OMB's documents disagree whether its file may say that efficiency was not asked."""
    tapped = draft.kind is not None and draft.kind.satisfaction == "optional"
    if tapped and draft.drivers and "efficiency" not in draft.drivers:
        yield Finding(
            "survey.drivers",
            "'efficiency' is not asked; OMB's documents disagree whether its file may say so",
            "",
            warning=True,
        )


def exceptions_have_reasons(draft: Draft) -> Iterator[Finding]:
    """A driver that does not apply is known, and says why."""
    for code, reason in draft.drivers_not_applicable.items():
        if code not in drivers.BY_CODE:
            yield Finding(
                "survey.drivers_not_applicable",
                f"unknown driver '{code}'{finding.hint(code, drivers.CODES)}",
            )
        if not reason:
            yield Finding(f"survey.drivers_not_applicable.{code}", "give the reason")


def drivers_that_do_not_apply_are_not_asked(draft: Draft) -> Iterator[Finding]:
    """The employee driver, like any other, is asked only where it applies."""
    for code in draft.drivers_not_applicable:
        if code in draft.drivers:
            yield Finding("survey.drivers", f"'{code}' is asked and also said not to apply")
        for number, question in enumerate(draft.questions, 1):
            if question.category == code and "category" not in question.unsound:
                yield Finding(
                    f"survey.question[{number}].category",
                    f"asks about '{code}', which is said not to apply",
                )


def employee_is_asked_where_people_meet(draft: Draft) -> Iterator[Finding]:
    """People: "If applicable for a transaction"."""
    online = draft.channels and not set(draft.channels) - {"site", "web"}
    if online and "employee" in draft.drivers:
        yield Finding(
            "survey.drivers",
            "'employee' is asked, but every channel is online; "
            "ask it only where people meet an employee",
            warning=True,
        )


def designated_services_ask_every_driver(draft: Draft) -> Iterator[Finding]:
    """A designated service reports each driver of the chart, as applicable."""
    if not draft.designated:
        return
    for code in _to_be_designated(draft):
        if code not in draft.drivers and code not in draft.drivers_not_applicable:
            yield Finding(
                "survey.drivers",
                f"'{code}' is not asked; a designated service asks every driver or says in "
                "drivers_not_applicable why it does not apply",
            )


def adjusted_drivers_are_asked(draft: Draft) -> Iterator[Finding]:
    """An adjusted statement belongs to a driver that is asked, and fits its place."""
    limit = STATEMENT_LENGTH if draft.driver_mode == "likert" else TAP_LENGTH
    for code, texts in draft.driver_statements.items():
        key = f"survey.driver_statements.{code}"
        if code not in draft.drivers:
            yield Finding(key, f"this driver is not asked{finding.hint(code, draft.drivers)}", "")
        yield from finding.untranslated(key, texts, draft.languages)
        yield from finding.unknown_slots(key, texts, ("{name}",))
        for language, text in texts.items():
            if len(text) > limit:
                yield Finding(
                    f"{key}.{language}",
                    f"{len(text)} characters; {limit} fit in driver_mode '{draft.driver_mode}'",
                )


def other_has_a_statement(draft: Draft) -> Iterator[Finding]:
    """The chart has no statement for "other", so a scale for it needs the agency's own."""
    rates_other = draft.driver_mode == "likert" and "other" in draft.drivers
    if rates_other and "other" not in draft.driver_statements:
        yield Finding(
            "survey.drivers",
            "'other' has no baseline statement to agree with; leave it out or give "
            "driver_statements.other",
        )


def _to_be_designated(draft: Draft) -> tuple[str, ...]:
    """The drivers of the chart that this instrument has, without those it asks of everybody."""
    if draft.kind is None:
        return drivers.OF_THE_CHART
    free = set(draft.kind.drivers) - set(draft.kind.required)
    return tuple(code for code in drivers.OF_THE_CHART if code in free)
