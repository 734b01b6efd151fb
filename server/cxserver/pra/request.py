"""The request for one collection: who is asked what, how, how often, and how long it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cxserver.catalog.directory import Agency, Service
from cxserver.intake.meter import TimeTaken
from cxserver.pages import environment, language
from cxserver.pra import estimate
from cxserver.pra.estimate import Burden
from cxserver.pra.shots import Shot

_METHODS: Mapping[str, str] = {
    "email": "a link in an email, sent after the visit",
    "sms": "a link in a text message, sent after the visit",
    "web": "a link on the last page of an online transaction",
    "phone": "a link offered after a call",
    "kiosk": "a tablet at the exit of the office",
    "poster": "a QR code on a poster in the office",
    "site": "a button or a prompt on the agency's website",
    "paper": "a printed card",
}
_TEMPLATES = environment.make(Path(__file__).parent / "templates")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. `audience` and `frequency` are the agency's words, or ours if "".

    `measured` is the time that people took so far, None where no answer was timed.
    """

    agency: Agency
    service: Service
    burden: Burden
    audience: str = ""
    frequency: str = ""
    measured: TimeTaken | None = None

    @property
    def methods(self) -> list[str]:
        """How people are asked, a line for each way."""
        return [_METHODS[code] for code in self.service.definition.get("channels", ())]

    @property
    def who(self) -> str:
        """Who is asked."""
        return self.audience or (
            f"Members of the public who have just used “{self.service.name}”, whatever its outcome."
        )

    @property
    def how_often(self) -> str:
        """How often."""
        if self.frequency:
            return self.frequency
        sample = self.service.definition.get("sample", 1.0)
        times = "Once" if sample >= 1 else f"Once, in {sample:.0%} of cases chosen by chance,"
        rest = self.service.definition.get("rest_days", 0)
        then = f" Nobody is asked again on the website within {rest} days." if rest else ""
        return f"{times} for each completed interaction, within 48 hours of it.{then}"

    @property
    def names(self) -> list[tuple[str, str]]:
        """The languages of the survey: code and name."""
        return [(code, language.NAMES.get(code, code)) for code in self.service.survey.languages]


def page(request: Request, shots: Sequence[Shot]) -> str:
    """The request as one page to read, print and file; its pictures lie beside it."""
    return environment.render(
        _TEMPLATES,
        "request.html",
        "en",
        request=request,
        survey=request.service.survey,
        lines=estimate.lines,
        seconds=estimate.seconds(request.service.survey),
        shots=shots,
    )


def text(request: Request, code: str) -> str:
    """The instrument in one language, as plain text: every word that people read."""
    survey = request.service.survey
    lines = [survey.wording[code].service_name, f"Survey {survey.name}, {survey.instrument}", ""]
    for number, line in enumerate(estimate.lines(survey, code), 1):
        lines.append(f"{number}. {_plain(line.text)}")
        lines += [f"   ( ) {_plain(option)}" for option in line.options]
        lines += [] if line.options else ["   ______________________________"]
        lines.append("")
    return "\n".join(lines)


def _plain(words: str) -> str:
    # Soft hyphens are for narrow screens.
    return words.replace("\u00ad", "")
