"""Which instrument files in which format, and why not for the rest. Pure.

What matters is read from a survey, never from its name: the scale of trust, whether satisfaction
is asked, and whether drivers are tapped or rated. A new instrument needs no line here but one in
`KINDS`, so that the printed table shows it.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from cxserver.instrument.survey import Survey

Format = Literal["v1", "wide", "v2"]
Scale = Literal["likert_scale", "thumbs_up_down"]

FORMATS: tuple[Format, ...] = get_args(Format)
# OMB takes no file without these two: its form insists on them in both lists.
_ALWAYS = ("effectiveness", "ease")

TAPPED = (
    "a tapped driver has no points: in v1 and wide its five cells are empty, and "
    "“+p / −n taps of N answers” stands in notes (v1) or operational_metrics (wide)"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What of a survey decides where it fits."""

    scale: Scale
    satisfaction: bool
    rated: bool
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a survey cannot be filed in a format, and what to do."""

    why: str
    cure: str


KINDS: dict[str, Kind] = {
    "a11-2022, drivers tapped or chosen": Kind("likert_scale", True, False),
    "a11-2022, drivers rated (Likert)": Kind("likert_scale", True, True),
    "a11-v2-five-point": Kind("likert_scale", False, False),
    "a11-v2-five-point with satisfaction": Kind("likert_scale", True, False),
    "a11-v2-thumbs": Kind("thumbs_up_down", False, False),
    "a11-2018, seven domains": Kind("likert_scale", True, True),
}


def kind_of(survey: Survey) -> Kind:
    """The facts of a survey."""
    words = survey.wording[survey.languages[0]]
    return Kind(
        scale_of(survey),
        satisfaction=bool(words.satisfaction),
        rated=survey.driver_mode == "likert",
        lacks=tuple(code for code in _ALWAYS if code not in survey.drivers),
    )


def scale_of(survey: Survey) -> Scale:
    """OMB's `survey_type`: how trust was asked."""
    labels = survey.wording[survey.languages[0]].trust_labels
    return "likert_scale" if len(labels) == 5 else "thumbs_up_down"


def refusal(kind: Kind, form: Format) -> Refusal | None:
    """Why this does not fit, or None when it does."""
    if form == "v2":
        return _not_in_rows(kind)
    return _not_in_counts(kind)


def remark(kind: Kind) -> str:
    """What is to know of how this is filed; "" for nothing."""
    if kind.rated or _not_in_counts(kind):
        return ""
    return TAPPED


def _not_in_rows(kind: Kind) -> Refusal | None:
    if kind.rated:
        return Refusal(
            "v2 takes drivers as taps, and this survey has each driver rated from 1 to 5",
            'file it as v1 or wide; for later quarters set driver_mode = "tap"',
        )
    if kind.lacks:
        return Refusal(
            f"v2 must offer effectiveness and ease, and {' and '.join(kind.lacks)} is not asked",
            "add it to `drivers`; this quarter, file as v1 or wide",
        )
    return None


def _not_in_counts(kind: Kind) -> Refusal | None:
    if kind.scale != "likert_scale":
        return Refusal(
            "v1 and wide count points from 1 to 5, and trust was asked with a thumb",
            "file it as v2",
        )
    if not kind.satisfaction:
        return Refusal(
            "v1 and wide begin with satisfaction, and this survey does not ask for it",
            "file it as v2; for later quarters ask for satisfaction as well (§280.10 wants it)",
        )
    return None


def table() -> list[tuple[str, dict[Format, Refusal | None]]]:
    """Every kind of instrument, with what each format says to it."""
    return [(name, {form: refusal(kind, form) for form in FORMATS}) for name, kind in KINDS.items()]
