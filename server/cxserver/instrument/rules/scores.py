"""Rules about the instrument and its two overall scores, trust and satisfaction."""

from collections.abc import Iterator, Mapping

from cxserver.instrument import finding, statements
from cxserver.instrument.draft import Draft
from cxserver.instrument.finding import Finding

INSTRUMENTS = ("a11-2022",)


def instrument_is_known(draft: Draft) -> Iterator[Finding]:
    """The instrument is one this software can ask."""
    if draft.instrument not in INSTRUMENTS:
        yield Finding(
            "survey.instrument",
            f"unknown instrument{finding.hint(draft.instrument, INSTRUMENTS)}; "
            f"known: {', '.join(INSTRUMENTS)}",
        )


def trust_is_asked(draft: Draft) -> Iterator[Finding]:
    """A required overall trust score, from one of two base statements."""
    if draft.trust_statement not in statements.TRUST:
        yield Finding(
            "survey.trust_statement",
            "trust must be asked, on five points; §280.10 has two statements: "
            "'increased' or 'commitment'",
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
    if draft.satisfaction_statement not in statements.SATISFACTION:
        yield Finding(
            "survey.satisfaction_statement",
            "satisfaction must be asked, on five points; §280.10 has two statements: "
            "'satisfied' or 'experience' (five stars)",
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
        yield from finding.unknown_slots(f"survey.{key}", texts, ("{name}", "{population}"))


def trust_icons_were_discussed(draft: Draft) -> Iterator[Finding]:
    """No icons on trust without OMB; thumbs are two points, and so another instrument."""
    if draft.trust_icons == "none":
        return
    if draft.trust_icons != "stars":
        yield Finding(
            "survey.trust_icons",
            f"'{draft.trust_icons}' needs another instrument: a11-2022 asks trust on five points; "
            "use 'none' or, with omb_reference, 'stars'",
        )
    elif not draft.omb_reference:
        yield Finding(
            "survey.trust_icons",
            "icons on trust must be discussed with OMB first; put the reference in omb_reference",
        )


def statement_name_is_given(draft: Draft) -> Iterator[Finding]:
    """A name written for the middle of a sentence reads better than a title."""
    for language in finding.missing(draft.statement_name, draft.languages):
        yield Finding(
            f"survey.statement_name.{language}",
            "is missing; the statements will use the service's name",
            warning=True,
        )


def _own_texts(draft: Draft) -> tuple[tuple[str, Mapping[str, str]], ...]:
    return (
        ("trust_text", draft.trust_text),
        ("satisfaction_text", draft.satisfaction_text),
    )


def _speaks_of_population(draft: Draft) -> bool:
    return any("{population}" in text for _, texts in _own_texts(draft) for text in texts.values())
