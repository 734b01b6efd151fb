"""Every screen that people see of a survey, as the pages themselves: what OMB wants pictured. Pure.

Those that open, those after a mistake, those that refuse; and all that a kiosk shows to the public.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from cxserver import resources
from cxserver.catalog.directory import Agency, Service
from cxserver.instrument.answers import Problem
from cxserver.instrument.scale import FIVE_POINT
from cxserver.instrument.survey import Survey
from cxserver.pra import kioskstage
from cxserver.public import screen, sentences
from cxserver.public.screen import Values, View

_TELEPHONE, _TABLET = 390, 800
# For the picture of one that may be replied to. It opens nothing: nobody was given it.
_CODE = "XXXX-XXXX-XXXX-XXXX"
# What somebody wrote who is told that the first answer was kept.
_WORDS = "…"


@dataclass(frozen=True, slots=True)
class Shot:
    """One screen: the name of its picture, what it shows, and the page itself."""

    name: str
    title: str
    language: str
    html: str
    width: int = _TELEPHONE


def make(agency: Agency, service: Service, office: str, base_url: str) -> list[Shot]:
    """Every screen of the service's survey, in every language of it; replies are read at
    `base_url`.
    """
    return [
        shot
        for language in service.survey.languages
        for shot in _in_language(
            View(agency, service, service.survey, office, language, "", _static), base_url
        )
    ]


def _in_language(view: View, base_url: str) -> Iterator[Shot]:
    service, language = view.service, view.language
    for name, title, shown in (
        ("1-survey", "The survey as it opens", view),
        ("2-good", "After the best rating", replace(view, values=_rated(service.survey, -1))),
        ("3-poor", "After the worst rating", replace(view, values=_rated(service.survey, 0))),
        ("4-mistake", "When an answer is missing", replace(view, problems=_missing(view.survey))),
    ):
        yield Shot(f"{language}-{name}", title, language, screen.survey_page(shown))
    # The statement of the Paperwork Reduction Act, which people unfold.
    rights = screen.survey_page(view).replace("<details>", "<details open>")
    yield Shot(f"{language}-5-rights", "With the statement unfolded", language, rights)
    code = _CODE if service.replies else None
    thanks = screen.thanks_page(
        agency=view.agency, language=language, static=_static, base_url=base_url, code=code
    )
    yield Shot(f"{language}-6-thanks", "After sending", language, thanks)
    yield from _noticed(view)
    yield from _refused(view)
    if service.replies:
        reply = screen.reply_page(agency=view.agency, language=language, static=_static, path="")
        yield Shot(f"{language}-9-reply", "Where a reply is read", language, reply)
    if "kiosk" in service.definition.get("channels", ()):
        yield from _at_the_kiosk(view)


def _rated(survey: Survey, end: int) -> Values:
    """Both ratings at one end of their scales: 0 is the worst, -1 the best."""
    satisfaction = FIVE_POINT.points[end] if survey.asks_satisfaction else None
    return Values(satisfaction, survey.trust_scale.points[end], scale=survey.trust_scale.name)


def _missing(survey: Survey) -> tuple[Problem, ...]:
    trust = Problem("trust", "required", len(survey.trust_scale.points))
    return (Problem("satisfaction", "required"), trust) if survey.asks_satisfaction else (trust,)


def _noticed(view: View) -> Iterator[Shot]:
    for code, title in (
        ("stamp", "When the page had been open too long"),
        ("unsaved", "When it is not certain that the answer was saved"),
    ):
        shown = replace(view, notice=code, values=_rated(view.survey, -1))
        html = screen.survey_page(shown)
        yield Shot(f"{view.language}-9-{code}", title, view.language, html)


def _refused(view: View) -> Iterator[Shot]:
    """Each page that says why there is no survey, or none any more."""
    for code, refusal in sentences.REFUSALS.items():
        if code == "device":
            # A kiosk's own, pictured there.
            continue
        values = replace(_rated(view.survey, -1), comment=_WORDS) if code == "conflict" else None
        html = screen.refusal_page(
            code,
            agency=view.agency,
            language=view.language,
            static=_static,
            service_name=view.survey.wording[view.language].service_name,
            values=values,
        )
        name = f"{view.language}-9-{code.replace('_', '-')}"
        yield Shot(name, f"{refusal.title}: {code.replace('_', ' ')}", view.language, html)


def _at_the_kiosk(view: View) -> Iterator[Shot]:
    page, mistaken = _kiosk(view), _kiosk(view, _missing(view.survey))
    names = [problem.field for problem in _missing(view.survey)]
    survey = kioskstage.show(page, "survey", view.language)
    for name, title, shown in (
        ("7-kiosk", "The survey on a tablet at the exit", survey),
        (
            "7-kiosk-mistake",
            "The tablet when an answer is missing",
            kioskstage.alarm(kioskstage.show(mistaken, "survey", view.language), names),
        ),
        (
            "7-kiosk-unsaved",
            "The tablet when it could not keep the answer",
            kioskstage.sorry(survey),
        ),
        (
            "7-kiosk-idle",
            "The tablet when nobody touched it for a while",
            kioskstage.ask(survey, page, view.language),
        ),
        (
            "8-kiosk-thanks",
            "The tablet after sending",
            kioskstage.show(page, "thanks", view.language),
        ),
        (
            "8-kiosk-closed",
            "The tablet out of service",
            kioskstage.show(page, "closed", view.language),
        ),
    ):
        yield Shot(f"{view.language}-{name}", title, view.language, shown, _TABLET)


def _kiosk(view: View, problems: tuple[Problem, ...] = ()) -> str:
    return screen.kiosk_page(
        agency=view.agency,
        service=view.service,
        office_name=view.office_name,
        office="",
        release="",
        path="",
        static=_static,
        imports=_no_imports,
        problems=problems,
    )


def _static(name: str) -> str:
    return (resources.folder("widget") / name).as_uri()


def _no_imports(name: str) -> tuple[str, ...]:
    """None: a picture is taken without scripts."""
    return ()
