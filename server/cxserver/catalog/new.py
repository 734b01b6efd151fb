"""Write a fresh catalog file from a few words: valid, commented, ready to be edited."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from cxserver.catalog import placeholders

# Leaves room for a number behind it, to tell two of the same name apart.
_SLUG = 27


@dataclass(frozen=True, slots=True)
class Options:
    """What only the agency knows. Everything else has a default that can be edited later."""

    agency: str
    service: str
    offices: tuple[str, ...]
    omb_control_number: str
    expires: date
    expires_is_sample: bool = False
    timezone: str = "America/New_York"
    languages: tuple[str, ...] = ("en", "es")
    agency_es: str = ""
    service_es: str = ""
    description: str = ""
    owner: str = ""
    type: str = "administrative"
    channels: tuple[str, ...] = ("email", "kiosk", "poster", "site")
    contact_url: str = placeholders.CONTACT
    privacy_url: str = placeholders.PRIVACY
    burden_minutes: int = 1
    approved_responses: int = 100_000


def write(options: Options) -> str:
    """The text of a catalog file for `options`. `check` tells what is wrong with them."""
    agency, service = clean(options.agency), clean(options.service)
    service_slug = _slug(service, "service", ())
    parts = (
        _agency(options, agency),
        _clearance(options),
        _service(options, agency, service, service_slug),
        _survey(options, service, service_slug),
        *_offices(options, service_slug),
    )
    return "\n".join(parts)


def clean(name: str) -> str:
    """The name on one line, without characters that cannot be seen."""
    spaced = " ".join(name.split())
    return "".join(char for char in spaced if unicodedata.category(char)[0] != "C").strip()


def _agency(options: Options, name: str) -> str:
    return f"""\
# The catalog: who asks, about which service, at which offices.
# Check it with `cx catalog check`, bring it to the database with `cx catalog apply`.

[agency]
slug = {_quoted(_slug(name, "agency", ()))}          # short and for ever: it names this database
name = {_quoted(name)}{_mark(name == placeholders.AGENCY)}
timezone = {_quoted(options.timezone)}
contact_url = {_quoted(options.contact_url)}{_mark(options.contact_url == placeholders.CONTACT)}
privacy_url = {_quoted(options.privacy_url)}{_mark(options.privacy_url == placeholders.PRIVACY)}
# How long a comment may wait for somebody to open it. An office may have a promise of its own.
# reads_within_days = 3
# Up to which score a comment opens a case by itself; 0 is never.
# open_cases_at = 2
# Shown beside the comment: where to turn when it cannot wait.
# urgent_help = {{ en = "In danger? Call 911.", es = "¿En peligro? Llame al 911." }}
{_translation(options, options.agency_es, name)}
# The quarter's files for OMB: who signs, whom OMB can ask, the notice in the Federal Register.
# [agency.filing]
# official = "Ana Diaz, Deputy Secretary"   # nobody else can then sign
# contact_name = "Ben Ito"
# contact_mail = "ben.ito@agency.gov"
# federal_register_url = "https://www.federalregister.gov/d/2026-12345"

# Words that cannot wait: a comment that holds one of these phrases is mailed to a team at once.
# A phrase is whole words, in any case, with or without accents; "suicid*" also finds "suicidal".
# Nobody acknowledged it in time (in minutes)? Then the next team is mailed, and so on.
# [[agency.alert]]
# code = "crisis"
# name = "Crisis"
# team = "Crisis team"
# mail = ["crisis-team@agency.gov"]
# next_steps = [
#     "Read the whole comment. If it says who or where the person is, call 911.",
#     "If your office can reply, reply with the crisis line: call or text 988, day or night.",
#     "Tell the duty officer of your office, and note what was done. Don't write names.",
# ]
# acknowledge_within = 30
# en = ["suicid*", "kill myself", "end my life", "want to die", "hurt myself"]
# es = ["suicid*", "matarme", "quitarme la vida", "quiero morir*", "hacerme daño"]
#
# [[agency.alert.then]]
# team = "Duty officer"
# mail = ["duty-officer@agency.gov"]
#
# [[agency.alert]]
# code = "threats"
# name = "Threats"
# mail = ["security@agency.gov"]
# next_steps = ["Tell building security, then the manager of the office."]
# en = ["kill you", "kill them", "bring a gun", "shoot*", "bomb*", "burn it down"]
# es = ["voy a matar*", "los voy a matar", "traer un arma", "dispar*", "bomba*"]
"""


def _mark(sample: bool) -> str:
    return "   # change" if sample else ""


def _clearance(options: Options) -> str:
    no_number = options.omb_control_number == placeholders.CONTROL_NUMBER
    return f"""\
# The approval to ask the public (Paperwork Reduction Act, A-11 §280.11). The number and the last
# day are on OMB's notice of action.
[clearance.umbrella]
omb_control_number = {_quoted(options.omb_control_number)}{_mark(no_number)}
expires = {options.expires.isoformat()}{_mark(options.expires_is_sample)}
burden_minutes = {options.burden_minutes}
approved_responses = {options.approved_responses}
"""


def _service(options: Options, agency: str, name: str, slug: str) -> str:
    description = clean(options.description) or f"What people receive from {name}."
    return f"""\
# A service is what people received. Links carry its short name: it can never change.
[service.{slug}]
name = {_quoted(name)}{_mark(name == placeholders.SERVICE)}
description = {_quoted(description)}
# administrative, benefits, compliance, recreation, informational, data-research or regulatory
type = {_quoted(options.type)}
owner = {_quoted(clean(options.owner) or agency)}   # the unit that answers for the service
channels = {_list(options.channels)}   # email, sms, web, phone, kiosk, poster, site, paper
designated = false            # true: a designated service of a High-Impact Service Provider
# stage = "end"               # where in the journey it asks, for OMB: start, process or end
replies = false               # true: offices may reply to comments, under a code that people get
embed_origins = []            # sites that may frame the survey, like "https://www.agency.gov"
{_translation(options, options.service_es, name)}"""


def _survey(options: Options, name: str, slug: str) -> str:
    names = {"en": name} | ({"es": clean(options.service_es)} if options.service_es else {})
    given = ", ".join(
        f"{language} = {_quoted(names[language])}"
        for language in options.languages
        if language in names
    )
    return f"""\
# The questions of A-11 §280.10: satisfaction, trust, what contributed, a few words.
[service.{slug}.survey]
instrument = "a11-2022"               # the others: cx instruments
clearance = "umbrella"
languages = {_list(options.languages)}
# The name in the middle of a sentence: "…my trust in {{name}}." In Spanish with its article, as
# in "la oficina de pasaportes". Left out, the service's name is used.
statement_name = {{ {given} }}
trust_statement = "increased"         # or "commitment", which needs relevant_population
satisfaction_statement = "satisfied"  # or "experience": five stars
drivers = ["effectiveness", "ease", "efficiency", "transparency", "humanity", "employee"]
# A driver that does not apply: take it out above and say why, for example
# drivers_not_applicable = {{ employee = "no employee is met online" }}
driver_mode = "tap"                   # tap, choice or likert
comment = true
# One more question, only if it is absolutely necessary. Its category is a driver or "none":
# [[service.{slug}.survey.question]]
# code = "purpose"
# text = {{ en = "Why did you come?", es = "¿Por qué vino?" }}
# choices = [
#     {{ code = "new", en = "A new case", es = "Un caso nuevo" }},
#     {{ code = "old", en = "An old case", es = "Un caso anterior" }},
# ]
# category = "none"
# reason = "Waiting times are planned by purpose."
"""


def _offices(options: Options, service: str) -> Iterable[str]:
    taken: list[str] = []
    for number, given in enumerate(options.offices):
        name = clean(given)
        taken.append(_slug(name, "office", taken))
        comment = (
            "# An office is where the service is given. Its short name can never change.\n"
            '# Below another office: parent = "its-slug". A unit that serves nobody itself:\n'
            "# serves = false.\n"
            if number == 0
            else ""
        )
        yield (
            f"{comment}[[service.{service}.office]]\n"
            f"slug = {_quoted(taken[-1])}\nname = {_quoted(name)}\n"
        )


def _translation(options: Options, spanish: str, english: str) -> str:
    if "es" not in options.languages:
        return ""
    if clean(spanish):
        return f"es = {{ name = {_quoted(clean(spanish))} }}\n"
    return f"# es = {{ name = {_quoted(english)} }}   # write the Spanish name here\n"


def _slug(name: str, otherwise: str, taken: Collection[str]) -> str:
    """A slug made of the name's letters, unlike those `taken`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(base) > _SLUG:  # at a word's end, if there is one
        base = (base[: _SLUG + 1].rpartition("-")[0] or base)[:_SLUG].strip("-")
    base = base or otherwise
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def _quoted(text: str) -> str:
    # A TOML basic string is a JSON string, except that TOML also wants DEL escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"
