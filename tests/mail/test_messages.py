"""The email and the text message: small, safe, readable everywhere, in the words of the page."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cxsdk
from cxsdk import Issuer, Key, email_snippet, sms_text
from cxserver.instrument import statements

NOW = datetime(2026, 11, 4, 15, 20, 37, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
KEY = Key("permits", 1, bytes(range(32))).text
NASTY = "Permits <b onclick=\"x\">&amp; 'Sons'</b>\r\nBcc: all@example.gov\x00\x1b{link}{0}%s"

# 3GPP TS 23.038, 6.2.1: the basic set in the order of its codes; ESC (1B) left out.
GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def mint(base: str = "https://cx.example.gov", office: str = "riverside", **how: Any) -> cxsdk.Link:
    return Issuer(base, KEY, clock=lambda: NOW).issue_link("permits", office, **how)


@dataclass
class Mail(HTMLParser):
    """What a mail program makes of a snippet: its elements, its links, its words."""

    html: str
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    words: str = ""

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "a":
            self.links.append((dict(attrs)["href"], ""))

    def handle_data(self, data):
        self.words += data
        if self.links and (self.get_starttag_text() or "").startswith("<span"):
            address, text = self.links.pop()
            self.links.append((address, text + data.strip()))


LOOKS = {
    "english": {"service_name": "Permit renewal"},
    "spanish": {"service_name": "Renovación de permisos", "language": "es"},
    "stars": {"service_name": "Permit renewal", "satisfaction_statement": "experience"},
    "estrellas": {
        "service_name": "Permisos",
        "language": "es",
        "satisfaction_statement": "experience",
    },
    "long": {
        "service_name": "Renewal of a " + "commercial & industrial " * 4,
        "statement_name": "the " + "commercial & industrial " * 4,
        "fine_print": "OMB control number 1234-5678, expires 3/31/2028.",
        "minutes": 3,
    },
}


@pytest.fixture(params=LOOKS.values(), ids=list(LOOKS))
def snippet(request: pytest.FixtureRequest) -> cxsdk.EmailSnippet:
    """The snippet in each of its shapes."""
    return email_snippet(mint(language="es"), timezone=NEW_YORK, **request.param)


# ---- the email


def test_five_links_choose_five_answers_and_say_which():
    link = mint()
    mail = Mail(email_snippet(link, service_name="Permit renewal").html)
    assert mail.links == [
        (f"{link}?r=1", "1 – Strongly disagree"),
        (f"{link}?r=2", "2 – Disagree"),
        (f"{link}?r=3", "3 – Neutral"),
        (f"{link}?r=4", "4 – Agree"),
        (f"{link}?r=5", "5 – Strongly agree"),
    ]


def test_a_link_that_has_a_language_already_is_joined_rightly():
    link = mint(language="es")
    mail = Mail(email_snippet(link, service_name="Permisos", language="es").html)
    assert [address for address, _ in mail.links] == [f"{link}&r={point}" for point in range(1, 6)]
    assert all(text[:4] == f"{at} – " for at, (_, text) in enumerate(mail.links, 1))


@pytest.mark.parametrize("language", statements.LANGUAGES)
@pytest.mark.parametrize("which", ["satisfied", "experience"])
@pytest.mark.parametrize("name", [None, "the Permit Office", "el Registro", "El Paso"])
def test_the_mail_asks_what_the_page_asks_word_for_word(language, which, name):
    mail = Mail(
        email_snippet(
            mint(),
            service_name="Permit renewal",
            statement_name=name,
            language=language,
            satisfaction_statement=which,
        ).html
    )
    filled = name or statements.bare_name("Permit renewal", language)
    question = statements.fill(statements.SATISFACTION[which][language], language, name=filled)
    assert question in mail.words
    page = statements.STARS if which == "experience" else statements.AGREEMENT
    labels = [label.replace(statements.SHY, "") for label in page[language]]
    said = [text.partition(" – ")[2] or text for _, text in mail.links]
    assert said == labels


def test_a_mail_is_small_and_needs_nothing_from_elsewhere(snippet):
    mail = Mail(snippet.html)
    assert len(snippet.html.encode()) <= 8000
    assert {tag for tag, _ in mail.tags} == {"div", "table", "tr", "td", "a", "span", "b"}
    besides = re.sub(r'href="[^"]*"', "", snippet.html)  # a token may spell any word
    for word in ("src", "url(", "@import", "flex", "class=", "var("):
        assert word not in besides
    assert max(map(len, snippet.html.splitlines())) < 998  # what SMTP lets through


def test_every_cell_says_its_colours_twice_and_every_table_is_for_looks(snippet):
    tags = Mail(snippet.html).tags
    assert {attrs.get("role") for tag, attrs in tags if tag == "table"} == {"presentation"}
    assert {"td", "a", "span"} <= {tag for tag, _ in tags}
    for tag, attrs in tags:
        if tag == "td":
            assert f"background-color:{attrs['bgcolor']};" in attrs["style"]
        if tag in ("a", "span"):
            assert "color:#162e51;" in attrs["style"]


@pytest.mark.parametrize(("language", "lang"), [("en", "en"), ("es", "es"), ("es-MX", "es")])
def test_the_language_is_marked(language, lang):
    snippet = email_snippet(mint(), service_name="Permits", language=language)
    tag, attrs = Mail(snippet.html).tags[0]
    assert (tag, attrs["lang"]) == ("div", lang)


def test_both_parts_say_what_the_person_should_know():
    link = mint()
    snippet = email_snippet(
        link, service_name="Permit renewal", timezone=NEW_YORK, fine_print="OMB 1234-5678"
    )
    for said in (
        "Permit renewal",
        "Answering is voluntary and takes about 1 minute.",
        "it takes one answer",
        "The link closes on Friday, November 6, 2026, 10:20 a.m. EST.",
        "Nothing is sent until you press Send",
        "OMB 1234-5678",
    ):
        assert said in Mail(snippet.html).words and said in snippet.text
    assert snippet.text.count("http") == 1 and f"\n{link}\n" in snippet.text
    assert "<" not in snippet.text
    assert snippet.subject == "Permit renewal: how did we do?"


def test_spanish_is_spanish_throughout():
    snippet = email_snippet(
        mint(language="es"), service_name="Permisos", language="es", timezone=NEW_YORK, minutes=3
    )
    for said in (
        "Responder es voluntario y toma alrededor de 3 minutos.",
        "admite una sola respuesta",
        "El enlace cierra el viernes 6 de noviembre de 2026 a las 10:20 a. m. (EST).",
        "No se envía nada hasta que oprima Enviar",
    ):
        assert said in Mail(snippet.html).words and said in snippet.text
    assert snippet.subject == "Permisos: ¿qué tal le fue?"
    assert not {"the", "you", "answer", "Send"} & set(Mail(snippet.html).words.split())


@pytest.mark.parametrize(
    ("hour", "english", "spanish"),
    [
        (0, "12:05 a.m. UTC", "a las 12:05 a. m. (UTC)"),
        (1, "1:05 a.m. UTC", "a la 1:05 a. m. (UTC)"),
        (12, "12:05 p.m. UTC", "a las 12:05 p. m. (UTC)"),
        (13, "1:05 p.m. UTC", "a la 1:05 p. m. (UTC)"),
        (23, "11:05 p.m. UTC", "a las 11:05 p. m. (UTC)"),
    ],
)
def test_hours_are_told_as_people_tell_them(hour, english, spanish):
    done = NOW.replace(day=3, hour=hour, minute=5)
    link = mint(done_at=done)
    assert english in email_snippet(link, service_name="P").text
    assert spanish in email_snippet(link, service_name="P", language="es").text


def test_a_zone_without_a_name_is_told_by_its_distance():
    zone = timezone(timedelta(hours=5, minutes=30))
    assert "8:50 p.m. UTC+05:30" in email_snippet(mint(), service_name="P", timezone=zone).text


def test_a_bare_address_does_not_know_its_hour():
    snippet = email_snippet(str(mint()), service_name="Permits")
    assert "The link closes 48 hours after your visit." in snippet.text
    assert "2026" not in snippet.html


def test_whatever_is_put_in_stays_text():
    plain = Mail(email_snippet(mint(), service_name="Permits", fine_print="x").html)
    snippet = email_snippet(
        mint(), service_name=NASTY, statement_name=NASTY, fine_print=NASTY, language="en"
    )
    mail = Mail(snippet.html)
    assert [tag for tag, _ in mail.tags] == [tag for tag, _ in plain.tags]
    shown = "Permits <b onclick=\"x\">&amp; 'Sons'</b> Bcc: all@example.gov{link}{0}%s"
    assert mail.words.count(shown) == 3
    assert snippet.text.splitlines()[0] == shown
    assert not any(line.startswith("Bcc") for line in snippet.text.splitlines())
    message = EmailMessage()
    message["Subject"] = snippet.subject  # refuses a line break
    assert "Bcc" not in message


@given(st.text(), st.sampled_from(["en", "es"]))
def test_no_name_breaks_a_mail_or_a_text_message(name, language):
    link = mint(language="es")
    plain = Mail(email_snippet(link, service_name="x", language=language).html)
    try:
        snippet = email_snippet(link, service_name=name, language=language)
    except ValueError as error:
        assert isinstance(error, cxsdk.MessageRefused)
    else:
        assert [tag for tag, _ in Mail(snippet.html).tags] == [tag for tag, _ in plain.tags]
        assert len(snippet.html.encode()) <= 8000
        assert len(snippet.subject.splitlines()) == 1
    try:
        text = sms_text(link, service_name=name, language=language)
    except ValueError as error:
        assert isinstance(error, cxsdk.MessageRefused)
    else:
        assert len(text) <= 160 and set(text) <= GSM7 - {"\n", "\r"}
        assert text.endswith(f" {link}")


def test_a_name_too_long_for_a_mail_is_refused():
    with pytest.raises(cxsdk.NoRoom, match="shorter service_name"):
        email_snippet(mint(), service_name="&" * 2000)


SOUND = "https://cx.example.gov/s/permits/riverside/" + mint().rpartition("/")[2]


@pytest.mark.parametrize("write", [email_snippet, sms_text])
@pytest.mark.parametrize(
    "link",
    [
        *(mint(channel=channel) for channel in ("kiosk", "poster", "site")),
        *(str(mint(channel=channel)) for channel in ("kiosk", "poster", "site")),
        "",
        "How did it go?",
        f"How did it go? {SOUND}",
        "https://cx.example.gov/s/permits/riverside/",
        "https://cx.example.gov/s/permits/riverside/thanks",
        "https://short.example/abc",
        "https://click.example/?to=" + SOUND,
        SOUND[:-1],
        SOUND + "\n",
        SOUND + '"onmouseover="x',
        SOUND + "#top",
        SOUND.replace("https", "javascript"),
        SOUND.replace("riverside", "River"),
        SOUND.replace("/s/", "/k/"),
        None,
        b"https://cx.example.gov",
        {"link": SOUND},
    ],
)
def test_only_the_link_of_one_person_goes_into_a_message(write, link):
    with pytest.raises(cxsdk.NotAnInvite) as refused:
        write(link, service_name="Permits")
    assert isinstance(refused.value, ValueError)


def test_the_link_of_a_server_below_a_path_goes_into_a_message():
    link = mint(base="http://127.0.0.1:8000/agency/cx/")
    assert link in email_snippet(link, service_name="Permits").text


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"language": "fr"}, cxsdk.UnknownLanguage, "no words in 'fr'. Use one of en, es"),
        ({"language": "english"}, cxsdk.UnknownLanguage, "english"),
        ({"language": None}, cxsdk.UnknownLanguage, "None"),
        ({"service_name": ""}, cxsdk.MessageRefused, "service_name is empty"),
        ({"service_name": " \n\x00"}, cxsdk.MessageRefused, "service_name is empty"),
        ({"service_name": None}, cxsdk.MessageRefused, "must be a text"),
        ({"service_name": "\ud800"}, cxsdk.MessageRefused, "cannot be encoded"),
        ({"minutes": 0}, cxsdk.MessageRefused, "minutes must be"),
        ({"minutes": "1"}, cxsdk.MessageRefused, "minutes must be"),
        ({"timezone": "America/New_York"}, cxsdk.MessageRefused, "ZoneInfo"),
    ],
)
@pytest.mark.parametrize("write", [email_snippet, sms_text])
def test_each_mistake_has_its_own_error(write, arguments, error, words):
    with pytest.raises(error, match=words) as refused:
        write(mint(), **({"service_name": "Permits"} | arguments))
    assert isinstance(refused.value, cxsdk.CxError) and isinstance(refused.value, ValueError)


@pytest.mark.parametrize(
    "arguments",
    [{"satisfaction_statement": "happy"}, {"statement_name": " "}, {"fine_print": 7}],
)
def test_a_mistake_in_what_only_a_mail_takes_is_told(arguments):
    with pytest.raises(cxsdk.MessageRefused, match=next(iter(arguments))):
        email_snippet(mint(), service_name="Permits", **arguments)


# ---- the text message

SHORT = mint(base="https://cx.va.gov", office="402", channel="sms")


LONG = "Renewal of commercial driving licenses and of all the others there are"


@pytest.mark.parametrize(
    ("name", "language", "says"),
    [
        (
            "Permits",
            "en",
            "Permits: how did we do? Voluntary, 1 min, one answer, until Nov 6, 10:20 AM EST: ",
        ),
        (
            "Permit renewal, Riverside",
            "en",
            "Permit renewal, Riverside: how did we do? Voluntary, 1 min: ",
        ),
        (
            LONG,
            "en",
            "Renewal of commercial driving licenses and of all the others...: how did we do? ",
        ),
        ("Renovación", "es", "Renovacion: ¿qué tal le fue? Voluntaria, 1 min: "),
        (
            "Niñez “Señor Núñez” – [Año]…",
            "es",
            'Niñez "Señor Nuñez" - (Año)...: ¿qué tal le fue? Voluntaria, 1 min: ',
        ),
        ("W" * 90, "es", "W" * 63 + "...: ¿qué tal le fue? "),
    ],
)
def test_a_text_message_says_as_much_as_fits(name, language, says):
    text = sms_text(SHORT, service_name=name, language=language, timezone=NEW_YORK)
    assert text == says + SHORT
    assert len(text) <= 160 and set(text) <= GSM7


def test_the_fullest_text_message_fits_in_both_languages():
    link = Issuer("https://cx.gov", KEY, clock=lambda: NOW).issue_link("permits", "4")
    zone = ZoneInfo("America/Los_Angeles")
    text = sms_text(link, service_name="Té", language="es", timezone=zone)
    assert text.startswith("Té: ¿qué tal le fue? Voluntaria, 1 min, una respuesta, hasta el 6 nov,")
    assert len(text) <= 160 and set(text) <= GSM7


def test_a_bare_address_gets_a_text_message_without_an_hour():
    text = sms_text(str(SHORT), service_name="Permits")
    assert text == f"Permits: how did we do? Voluntary, 1 min: {SHORT}"


def test_a_link_that_fills_the_message_is_told_at_the_agency():
    link = mint(base="https://customer-experience.everyday-affairs.example.gov/public/surveys/cx")
    with pytest.raises(cxsdk.NoRoom, match="CX_BASE_URL"):
        sms_text(link, service_name="Permit renewal")
    with pytest.raises(cxsdk.NoRoom, match="cannot hold ~"):
        sms_text(mint(base="https://cx.example.gov/~cx"), service_name="Permits")


def test_a_name_without_any_letter_of_gsm7_is_told_at_the_agency():
    with pytest.raises(cxsdk.MessageRefused, match="no letter that a text message can hold"):
        sms_text(SHORT, service_name="许可证")
