"""The composition rules of A-11 §280.10, and which keys of a draft each of them reads.

A value that could not be read silences only the rules that need it: everything else is still
found, and told in the same breath.
"""

from collections.abc import Callable, Collection, Iterator

from cxserver.instrument.draft import Draft
from cxserver.instrument.finding import Finding
from cxserver.instrument.rules import drivers_asked, extra_questions, limits, scores

Rule = Callable[[Draft], Iterator[Finding]]

_TEXTS = ("trust_text", "satisfaction_text")
_SATISFACTION = ("instrument", "satisfaction")
_ALL_QUESTIONS = ("question", "comment", "drivers", "driver_mode")

RULES: tuple[tuple[Rule, tuple[str, ...]], ...] = (
    (scores.instrument_is_known, ("instrument",)),
    (scores.trust_is_asked, ("trust_statement", "instrument")),
    (
        scores.commitment_names_whom,
        ("trust_statement", "relevant_population", "languages", *_TEXTS),
    ),
    (scores.satisfaction_is_asked, ("satisfaction_statement", *_SATISFACTION)),
    (
        scores.satisfaction_is_left_out_knowingly,
        ("satisfaction_statement", "satisfaction_text", *_SATISFACTION),
    ),
    (scores.own_wording_was_discussed, ("omb_reference",)),
    (scores.own_wording_is_complete, ("languages", *_TEXTS)),
    (scores.trust_icons_were_discussed, ("trust_icons", "omb_reference", "instrument")),
    (scores.thumbs_were_discussed, ("omb_reference", "instrument")),
    (scores.statement_name_is_given, ("statement_name", "languages")),
    (
        scores.agency_name_is_given,
        ("agency.statement_name", "trust_statement", "trust_text", "languages"),
    ),
    (drivers_asked.drivers_take_one_form, ("driver_mode", "instrument")),
    (drivers_asked.drivers_are_asked, ("drivers",)),
    (
        drivers_asked.drivers_are_of_the_instrument,
        ("drivers", "drivers_not_applicable", "instrument"),
    ),
    (drivers_asked.efficiency_is_asked_where_the_file_may_need_it, ("drivers", "instrument")),
    (drivers_asked.exceptions_have_reasons, ("drivers_not_applicable",)),
    (
        drivers_asked.drivers_that_do_not_apply_are_not_asked,
        ("drivers", "drivers_not_applicable", "question"),
    ),
    (drivers_asked.employee_is_asked_where_people_meet, ("drivers", "channels")),
    (
        drivers_asked.designated_services_ask_every_driver,
        ("designated", "drivers", "drivers_not_applicable"),
    ),
    (
        drivers_asked.adjusted_drivers_are_asked,
        ("driver_statements", "drivers", "driver_mode", "languages"),
    ),
    (drivers_asked.other_has_a_statement, ("driver_statements", "drivers", "driver_mode")),
    (extra_questions.questions_have_reasons, ("question",)),
    (extra_questions.questions_map_to_a_category, ("question",)),
    (extra_questions.question_codes_differ, ("question",)),
    (extra_questions.questions_are_translated, ("question", "languages")),
    (limits.free_texts_are_few, ("question", "comment")),
    (limits.questions_are_few, _ALL_QUESTIONS),
    (limits.five_minutes_are_enough, _ALL_QUESTIONS),
    (limits.burden_was_approved, (*_ALL_QUESTIONS, "clearance", "burden_minutes")),
    (limits.clearance_is_in_force, ("clearance", "expires")),
)


def check(draft: Draft, unsound: Collection[str] = ()) -> list[Finding]:
    """Every finding of every rule whose keys could all be read."""
    return [
        finding for rule, reads in RULES if not set(reads) & set(unsound) for finding in rule(draft)
    ]
