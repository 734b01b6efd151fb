"""Write examples/va-offices.toml from the public list of VA facilities.

    python scripts/va_offices.py va_offices.csv > examples/va-offices.toml

The CSV joins three files of the repository department-of-veterans-affairs/lighthouse-facilities
(facilities-local-db/src/test/resources/{vast,vba,nca}.csv), a work of the US Government. Columns
used: bureau, office_code, office_name, visn, parent_code, state, lat, lon.
"""

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

Office = dict[str, str]

HEAD = """\
# Every office of the US Department of Veterans Affairs, as three services: 2,338 offices in a tree.
#
# Source: the repository department-of-veterans-affairs/lighthouse-facilities on GitHub
# (facilities-local-db/src/test/resources/vast.csv, vba.csv and nca.csv), a work of the US
# Government. Written by scripts/va_offices.py; change that, not this.
#
# An example of a large catalog, not a file of the Department. The control number and its expiry
# are samples. The list has no time zones: they follow the state, and in a state with two zones a
# line of longitude, which can be wrong close to the line.

[agency]
slug = "va"
name = "Department of Veterans Affairs"
timezone = "America/New_York"
contact_url = "https://www.va.gov/contact-us/"
privacy_url = "https://www.va.gov/privacy-policy/"
urgent_help.en = "In crisis? Call 988, then press 1."
urgent_help.es = "¿En crisis? Llame al 988 y oprima 1."
es = { name = "Departamento de Asuntos de Veteranos" }

[clearance.umbrella]
omb_control_number = "2900-0876"
expires = 2028-03-31
burden_minutes = 2
approved_responses = 5000000
"""

SURVEY = """\
[service.{slug}.survey]
instrument = "a11-2022"
clearance = "umbrella"
languages = ["en", "es"]
statement_name = {{ en = "{statement_en}", es = "{statement_es}" }}
trust_statement = "increased"
satisfaction_statement = "satisfied"
drivers = ["effectiveness", "ease", "efficiency", "transparency", "humanity", "employee"]
driver_mode = "tap"
comment = true
"""

SERVICES = {
    "VHA": {
        "slug": "vet-out",
        "name": "Outpatient visit",
        "description": "Care at a VA clinic or medical center without an overnight stay.",
        "owner": "Veterans Health Administration",
        "name_es": "Visita ambulatoria",
        "description_es": "Atención en una clínica o un centro médico del VA sin pasar la noche.",
        "statement_en": "VA outpatient care",
        "statement_es": "la atención ambulatoria del VA",
    },
    "VBA": {
        "slug": "vet-claims",
        "name": "Help with benefits",
        "description": "Help at a VA office with a claim for disability or other benefits.",
        "owner": "Veterans Benefits Administration",
        "name_es": "Ayuda con los beneficios",
        "description_es": "Ayuda en una oficina del VA con una solicitud de beneficios.",
        "statement_en": "the VA benefits office",
        "statement_es": "la oficina de beneficios del VA",
    },
    "NCA": {
        "slug": "vet-rest",
        "name": "Burial and memorial",
        "description": "Burial, memorial and visits at a VA national cemetery.",
        "owner": "National Cemetery Administration",
        "name_es": "Entierro y conmemoración",
        "description_es": "Entierro, conmemoración y visitas en un cementerio nacional del VA.",
        "statement_en": "the VA cemetery",
        "statement_es": "el cementerio del VA",
    },
}

ZONES = {
    "America/New_York": "CT DC DE FL GA MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV KY",
    "America/Indiana/Indianapolis": "IN",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO MT NM UT WY",
    "America/Boise": "ID",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
    "Pacific/Pago_Pago": "AS",
    "Asia/Manila": "PH",
}

# State, west or east of a longitude, between two latitudes: the other zone of that state.
SPLITS = (
    ("FL", "west", -85.0, 29.5, 31.1, "America/Chicago"),
    ("TN", "east", -85.3, 34.9, 36.7, "America/New_York"),
    ("KY", "west", -86.0, 36.4, 38.0, "America/Chicago"),
    ("IN", "west", -86.7, 40.8, 41.8, "America/Chicago"),
    ("IN", "west", -87.2, 37.7, 38.6, "America/Chicago"),
    ("MI", "west", -87.6, 45.0, 47.0, "America/Menominee"),
    ("TX", "west", -104.9, 30.6, 32.1, "America/Denver"),
    ("KS", "west", -101.4, 37.0, 40.0, "America/Denver"),
    ("NE", "west", -101.3, 41.0, 43.0, "America/Denver"),
    ("SD", "west", -100.5, 42.9, 46.0, "America/Denver"),
    ("ND", "west", -102.0, 45.9, 47.6, "America/Denver"),
    ("ID", "west", -115.0, 45.5, 49.0, "America/Los_Angeles"),
    ("OR", "east", -118.0, 42.0, 44.5, "America/Boise"),
)


def main(path: Path) -> None:
    """Print the catalog made of the CSV at `path`."""
    with path.open(newline="", encoding="utf-8") as opened:
        offices = list(csv.DictReader(opened))
    print(HEAD)
    for bureau, words in SERVICES.items():
        here = [office for office in offices if office["bureau"] == bureau]
        print("\n".join(service(words, entries(here))))


def service(words: dict[str, str], lines: Iterator[str]) -> Iterator[str]:
    """The tables of one service."""
    yield f"[service.{words['slug']}]"
    yield f"name = {quoted(words['name'])}"
    yield f"description = {quoted(words['description'])}"
    yield 'type = "benefits"'
    yield f"owner = {quoted(words['owner'])}"
    yield 'channels = ["email", "kiosk", "poster", "site"]'
    yield "designated = true"
    yield 'embed_origins = ["https://www.va.gov"]'
    yield (
        f"es = {{ name = {quoted(words['name_es'])}, "
        f"description = {quoted(words['description_es'])} }}"
    )
    yield "office = ["
    yield from lines
    yield "]\n"
    yield SURVEY.format(**words)


def entries(offices: list[Office]) -> Iterator[str]:
    """One line for each network above the offices, then one for each office."""
    for visn in sorted({int(office["visn"]) for office in offices if office["visn"]}):
        yield (
            f'    {{ slug = "visn-{visn}", name = "Veterans Integrated Service Network {visn}", '
            "serves = false },"
        )
    for office in offices:
        fields = [f"slug = {quoted(slug(office))}", f"name = {quoted(office['office_name'])}"]
        zone = timezone(office)
        if zone != "America/New_York":
            fields.append(f"timezone = {quoted(zone)}")
        above = parent(office)
        if above:
            fields.append(f"parent = {quoted(above)}")
        yield f"    {{ {', '.join(fields)} }},"


def slug(office: Office) -> str:
    """The office's code; codes are unique in a bureau only, so the smaller two are prefixed."""
    code = office["office_code"].lower()
    return code if office["bureau"] == "VHA" else f"{office['bureau'].lower()}-{code}"


def parent(office: Office) -> str:
    """The facility above the office, or its network when it is the top facility itself."""
    if office["parent_code"] and office["parent_code"] != office["office_code"]:
        return office["parent_code"].lower()
    return f"visn-{office['visn']}" if office["visn"] else ""


def timezone(office: Office) -> str:
    """The zone of the office's state, or of its part of the state."""
    state, lat, lon = office["state"], float(office["lat"]), float(office["lon"])
    for split, side, line, south, north, zone in SPLITS:
        beyond = lon < line if side == "west" else lon > line
        if state == split and beyond and south <= lat <= north:
            return zone
    return next(zone for zone, states in ZONES.items() if state in states.split())


def quoted(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
