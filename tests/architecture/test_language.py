"""Pages speak the reader's language, whole and unmixed.

After a change of words, in the root of the repository:
    pybabel extract -F locale/babel.cfg -k mark -k counted:1,2 -o cx.pot .
    pybabel update -D cx -i cx.pot -d locale --no-fuzzy-matching   # then translate es/…/cx.po
    pybabel compile -D cx -d locale
"""

import io
import string
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import jinja2
import pytest
from babel.messages import extract, mofile, pofile
from babel.messages.catalog import Catalog
from babel.messages.frontend import parse_mapping_cfg

from cxserver.catalog.directory import Agency, Clearance, Service
from cxserver.instrument.answers import Problem
from cxserver.instrument.survey import Survey, Wording
from cxserver.pages import environment, language
from cxserver.public import screen, sentences

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "locale" / "es" / "LC_MESSAGES"

AGENCY = Agency(
    slug="dps",
    name="Department of Public Services",
    timezone="America/New_York",
    contact_url="https://agency.example/contact",
    privacy_url="https://agency.example/privacy",
    urgent_help={"en": "In danger? Call 911.", "es": "¿En peligro? Llame al 911."},
    names={"es": "Departamento de Servicios Públicos"},
)


def _wording(name: str) -> Wording:
    labels = ("Strongly dis\u00adagree", "Disagree", "Neutral", "Agree", "Strongly agree")
    return Wording(
        service_name=name,
        satisfaction=f"I am satisfied with the service I received from {name}.",
        satisfaction_labels=labels,
        trust=f"This interaction increased my trust in {name}.",
        trust_labels=labels,
        drivers_question="What contributed to your rating?",
        drivers_question_positive="What went well?",
        drivers_question_negative="What could be better?",
        drivers={"ease": "Ease", "employee": "Staff"},
        driver_labels=labels,
        comment="Anything else?",
    )


def _view(code: str = "en", name: str = "Permits", **changes: Any) -> screen.View:
    survey = Survey(
        service="permits",
        n=1,
        instrument="a11-2022",
        driver_mode="tap",
        drivers=("ease", "employee"),
        satisfaction_icons="none",
        trust_icons="none",
        comment=True,
        languages=("en", "es"),
        wording={"en": _wording(name), "es": _wording("Permisos")},
    )
    clearance = Clearance("umbrella", "0000-0000", date(2028, 3, 31), 1, 5000)
    service = Service("permits", name, {}, {}, clearance, 1, {1: survey}, {}, False)
    return screen.View(
        agency=AGENCY,
        service=service,
        survey=survey,
        office_name="Riverside",
        language=code,
        stamp="the-stamp",
        static=lambda name: f"/static/0/{name}",
        **changes,
    )


def _refusal(code: str, spoken: str, **more: Any) -> str:
    return screen.refusal_page(
        code,
        agency=AGENCY,
        language=spoken,
        static=lambda name: f"/static/0/{name}",
        **more,
    )


def _spanish() -> Catalog:
    with (FOLDER / "cx.po").open("rb") as file:
        return pofile.read_po(file, locale="es")


def _messages_in_the_code() -> set[str]:
    with (ROOT / "locale" / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = {**extract.DEFAULT_KEYWORDS, "mark": None, "counted": (1, 2)}
    messages = extract.extract_from_dir(ROOT, methods, options, keywords)
    return {text[0] if isinstance(text, tuple) else text for _, _, text, _, _ in messages}


def _forms(text: str | Sequence[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())


def _slots(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(
    ("requested", "linked", "accepted", "chosen"),
    [
        (None, None, None, "en"),
        ("es", "en", "en", "es"),
        (None, "es", "en-US,en;q=0.9", "es"),
        (None, None, "es-MX,es;q=0.9,en;q=0.8", "es"),
        (None, None, "fr,es;q=0.4,en;q=0.6", "en"),
        (None, None, "en;q=0,es;q=0.1", "es"),
        ("xx", None, "es", "es"),
        ("../../etc", None, None, "en"),
        (None, None, "es;q=nan,en;q=1e9,;;=,", "en"),
        (None, None, "ES_us", "es"),
    ],
)
def test_the_button_goes_before_the_link_and_the_link_before_the_browser(
    requested: str | None, linked: str | None, accepted: str | None, chosen: str
) -> None:
    code = language.choose(("en", "es"), requested=requested, linked=linked, accepted=accepted)
    assert code == chosen


def test_chinese_is_found_by_its_script_where_browsers_name_a_country() -> None:
    offered = ("en", "zh-Hans", "zh-Hant")
    assert language.choose(offered, accepted="zh-CN,zh;q=0.9") == "zh-Hans"
    assert language.choose(offered, accepted="zh-TW,zh;q=0.9") == "zh-Hant"


def test_arabic_runs_from_right_to_left_and_spanish_does_not() -> None:
    assert [language.direction(code) for code in ("ar", "ur", "es", "nonsense")] == [
        "rtl",
        "rtl",
        "ltr",
        "ltr",
    ]


def test_days_and_numbers_are_written_as_the_reader_writes_them() -> None:
    day = date(2028, 3, 31)
    assert language.words("en").date(day) == "March 31, 2028"
    assert language.words("es").date(day) == "31 de marzo de 2028"
    assert language.words("es").number(2000) == "2,000"


def test_every_sentence_of_the_pages_is_in_spanish_and_none_is_left_over() -> None:
    translated = {
        _forms(message.id)[0]: message
        for message in _spanish()
        if message.id and all(_forms(message.string)) and not message.fuzzy
    }
    assert translated.keys() == _messages_in_the_code()


def test_spanish_sentences_keep_their_slots() -> None:
    messages = list(_spanish())
    assert len(messages) > 100
    for message in messages:
        for original, said in zip(_forms(message.id), _forms(message.string), strict=True):
            assert _slots(original) == _slots(said), original


def test_the_compiled_catalogue_is_the_one_that_people_read() -> None:
    compiled = io.BytesIO()
    mofile.write_mo(compiled, _spanish())
    assert compiled.getvalue() == (FOLDER / "cx.mo").read_bytes()


def test_one_readers_language_does_not_leak_into_the_next_page() -> None:
    pages = [screen.survey_page(_view(code)) for code in ("en", "es", "en")]
    assert pages[0] == pages[2]
    assert "Enviar" in pages[1]
    assert "Enviar" not in pages[0]


@pytest.mark.parametrize("code", sorted(sentences.REFUSALS))
def test_every_refusal_is_told_in_both_languages_with_help_and_a_way_on(code: str) -> None:
    english, spanish = _refusal(code, "en"), _refusal(code, "es")
    assert sentences.REFUSALS[code].title in english
    assert sentences.REFUSALS[code].title not in spanish
    for page, help_text in ((english, "Call 911"), (spanish, "Llame al 911")):
        assert help_text in page
        assert AGENCY.contact_url in page


def test_what_was_typed_is_shown_back_on_a_refusal() -> None:
    typed = screen.Values(satisfaction=4, trust=2, drivers=("ease",), comment="Long <line>\nhere")
    page = _refusal("conflict", "es", values=typed)
    assert "4 de 5" in page
    assert "Facilidad" in page
    assert "Long &lt;line&gt;\nhere" in page
    assert "?lang=" not in page  # the other language would be a new request without the words


def test_what_was_typed_stays_in_the_form_to_the_last_line_break() -> None:
    values = screen.Values(satisfaction=5, drivers=("employee",), comment="\n</textarea><b>{{7*7}}")
    page = screen.survey_page(_view(values=values))
    assert ">\n\n&lt;/textarea&gt;&lt;b&gt;{{7*7}}</textarea>" in page
    assert 'id="satisfaction-5" name="satisfaction" value="5" checked' in page
    assert 'name="drivers" value="employee" checked' in page


def test_names_are_text_and_never_markup_or_templates() -> None:
    page = screen.survey_page(_view(name="<script>{{7*7}}{n}"))
    assert "&lt;script&gt;{{7*7}}{n}" in page
    assert "<script>" not in page


def test_the_stamp_stands_once_and_alone() -> None:
    page = screen.survey_page(_view())
    assert page.count("the-stamp") == 1
    assert '<input type="hidden" name="stamp" value="the-stamp">' in page


def test_a_problem_leads_to_its_question_and_its_question_says_it_too() -> None:
    problems = (Problem("trust", "required"), Problem("comment", "long", 1), Problem("id", "x"))
    page = screen.survey_page(_view("es", problems=problems))
    assert '<a href="#trust-1">Confianza: elija una de las cinco respuestas</a>' in page
    assert "sobra 1 carácter; el máximo es 2,000" in page
    assert 'aria-invalid="true" aria-describedby="trust-error"' in page
    assert 'aria-describedby="help comment-error comment-left"' in page
    assert "La página envió algo que no pedimos" in page


@pytest.mark.parametrize("code", sorted(sentences.NOTICES))
def test_every_notice_is_shown(code: str) -> None:
    assert sentences.NOTICES[code] in screen.survey_page(_view(notice=code))


def test_a_word_with_soft_hyphens_is_named_without_them() -> None:
    page = screen.survey_page(_view())
    assert 'aria-label="Strongly disagree"><span aria-hidden="true">Strongly dis\u00adagree' in page


def test_text_in_another_language_than_the_page_says_so() -> None:
    agency = Agency("a", "Parks", "UTC", "https://a.example", "https://b.example", {"en": "Call"})
    page = screen.thanks_page(agency=agency, language="es", static=lambda name: name)
    assert '<p class="agency" lang="en">Parks</p>' in page
    assert '<b lang="en">Call</b>' in page


def test_a_template_that_names_nothing_fails_instead_of_showing_a_gap(tmp_path: Path) -> None:
    (tmp_path / "gap.html").write_text("{{ missing }}")
    with pytest.raises(jinja2.UndefinedError):
        environment.render(environment.make(tmp_path), "gap.html", "en")
