"""Rules about the instrument and its two overall scores, trust and satisfaction."""

from collections.abc import Iterator, Mapping

from cxserver.instrument import finding, instruments, scale, statements
from cxserver.instrument.draft import Draft
from cxserver.instrument.finding import Finding


def instrument_is_known(draft: Draft) -> Iterator[Finding]:
    """The instrument is one this software can ask."""
    if draft.kind is None:
        yield Finding(
            "survey.instrument",
            f"unknown instrument{finding.hint(draft.instrument, instruments.CODES)}; "
            f"known: {', '.join(instruments.CODES)}",
        )


def trust_is_asked(draft: Draft) -> Iterator[Finding]:
    """A required overall trust score, from a base statement of this instrument."""
    known = draft.kind.trust if draft.kind else tuple(statements.TRUST)
    if draft.trust_statement not in known:
        thumbs = draft.kind is not None and draft.kind.scale is scale.THUMBS
        yield Finding(
            "survey.trust_statement",
            f"trust must be asked, {'by thumbs' if thumbs else 'on five points'}; "
            f"{_statements(draft)}",
        )


def commitment_names_whom(draft: Draft) -> Iterator[Finding]:
    """The second trust statement ends with the people the commitment is made to."""
    if draft.trust_statement == "commitment" or _speaks_of_population(draft):
        for language in finding.missing(draft.relevant_population, draft.languages):
            yield Finding(
                f"survey.relevant_population.{language}",
                "is missing; the statement names [relevant population]",
            )


def satisfaction_is_asked(draft: Draft) -> Iterator[Finding]:
    """A required overall satisfaction score, from one of two base statements."""
    if draft.asks_satisfaction and draft.satisfaction_statement not in statements.SATISFACTION:
        way_out = "; or write satisfaction = false" if _may_leave_satisfaction_out(draft) else ""
        yield Finding(
            "survey.satisfaction_statement",
            "satisfaction must be asked, on five points; §280.10 has two statements: "
            f"'satisfied' or 'experience' (five stars){way_out}",
        )


def satisfaction_is_left_out_knowingly(draft: Draft) -> Iterator[Finding]:
    """OMB's form of 2023 has no satisfaction score. The circular still asks for one."""
    if draft.satisfaction is False and draft.kind and not _may_leave_satisfaction_out(draft):
        yield Finding(
            "survey.satisfaction",
            f"must be asked: {draft.kind.code} has it, and §280.10 requires it; only the "
            "a11-v2 instruments may leave it out",
        )
        return
    if draft.asks_satisfaction:
        return
    if draft.satisfaction_statement or draft.satisfaction_text:
        yield Finding(
            "survey.satisfaction",
            "is false, but its statement is given; take one of the two out",
            "",
        )
    yield Finding(
        "survey.satisfaction",
        "is not asked: OMB's file has no place for it, but §280.10 still requires it; "
        "satisfaction = true asks it",
        warning=True,
    )


def own_wording_was_discussed(draft: Draft) -> Iterator[Finding]:
    """Wording outside the bases is discussed with OMB before it is used."""
    for key, texts in _own_texts(draft):
        if texts and not draft.omb_reference:
            yield Finding(
                f"survey.{key}",
                "wording outside the base statements must be discussed with OMB first; "
                "put the reference in omb_reference",
            )


def own_wording_is_complete(draft: Draft) -> Iterator[Finding]:
    """Own wording exists in every language and holds no slot we cannot fill."""
    for key, texts in _own_texts(draft):
        if not texts:
            continue
        yield from finding.untranslated(f"survey.{key}", texts, draft.languages)
        slots = ("{name}", "{population}", "{agency}")
        yield from finding.unknown_slots(f"survey.{key}", texts, slots)


def trust_icons_were_discussed(draft: Draft) -> Iterator[Finding]:
    """No icons on trust without OMB; thumbs are two points, and so another instrument."""
    if draft.kind is None:
        return
    if draft.trust_icons not in ("none", *draft.kind.icons):
        yield Finding(
            "survey.trust_icons",
            f"'{draft.trust_icons}' needs another instrument: {draft.kind.code} {_shows(draft)}",
        )
    elif draft.trust_icons != "none" and not draft.omb_reference:
        yield Finding(
            "survey.trust_icons",
            "icons on trust must be discussed with OMB first; put the reference in omb_reference",
        )


def thumbs_were_discussed(draft: Draft) -> Iterator[Finding]:
    """An instrument that shows icons on trust by itself needs OMB's word, too."""
    if draft.kind and "none" not in draft.kind.icons and not draft.omb_reference:
        yield Finding(
            "survey.instrument",
            f"{draft.kind.code} has icons on trust, and these must be discussed with OMB first; "
            "put the reference in omb_reference",
        )


def statement_name_is_given(draft: Draft) -> Iterator[Finding]:
    """A name written for the middle of a sentence reads better than a title."""
    for language in finding.missing(draft.statement_name, draft.languages):
        yield Finding(
            f"survey.statement_name.{language}",
            "is missing; the statements will use the service's name",
            warning=True,
        )


def agency_name_is_given(draft: Draft) -> Iterator[Finding]:
    """The statement of OMB's form of 2023 names the agency in its middle."""
    texts = draft.trust_text or statements.TRUST.get(draft.trust_statement, {})
    for language in finding.missing(draft.agency_statement_name, draft.languages):
        if "{agency}" in texts.get(language, ""):
            yield Finding(
                "survey.trust_statement",
                f"names the agency, but agency.statement_name.{language} is missing; the "
                "statement will use the agency's name as it stands",
                "",
                warning=True,
            )


def _own_texts(draft: Draft) -> tuple[tuple[str, Mapping[str, str]], ...]:
    return (
        ("trust_text", draft.trust_text),
        ("satisfaction_text", draft.satisfaction_text),
    )


def _speaks_of_population(draft: Draft) -> bool:
    return any("{population}" in text for _, texts in _own_texts(draft) for text in texts.values())


def _may_leave_satisfaction_out(draft: Draft) -> bool:
    return draft.kind is not None and draft.kind.satisfaction == "optional"


def _shows(draft: Draft) -> str:
    if draft.kind and draft.kind.scale is scale.THUMBS:
        return "shows thumbs; leave trust_icons out"
    return "asks trust on five points; use 'none' or, with omb_reference, 'stars'"


def _statements(draft: Draft) -> str:
    """The statements to choose from, as the end of a sentence."""
    if draft.kind in (None, instruments.A11_2022):
        return "§280.10 has two statements: 'increased' or 'commitment'"
    known = draft.kind.trust if draft.kind else ()
    return f"{draft.instrument} has: {' or '.join(repr(item) for item in known)}"
