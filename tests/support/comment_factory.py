"""What people wrote, on a day, at an office: for tests of comments and of what becomes of them."""

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, time

from sqlalchemy import insert

from cxsdk.token import Kind, Token
from cxserver import db, tables
from cxserver.catalog import directory
from cxserver.catalog.directory import Directory
from cxserver.instrument.answers import Answers
from cxserver.intake import entry
from cxserver.intake.entry import Secrets, Sheet
from cxserver.intake.gate import Opened
from cxserver.response_id import ResponseId
from tests.support.house import CATALOGUE, House
from tests.support.stored_answers import store_all

# The week before the house's day, Wednesday 4 November 2026.
MONDAY, THURSDAY = date(2026, 10, 26), date(2026, 10, 29)

# Asks for words of its own, beside the comment.
ASKING = CATALOGUE.replace(
    "[[service.hearings.office]]",
    """[[service.hearings.survey.question]]
code = "missed"
text = { en = "What did we miss?", es = "¿Qué nos faltó?" }
category = "none"
reason = "Clerks write the guide by it."

[[service.hearings.office]]""",
)


def directory_of(house: House) -> Directory:
    with db.read(house.engine) as connection:
        return directory.load(connection)


def add_comments(
    house: House,
    *comments: str,
    office: str = "riverside",
    day: date = THURSDAY,
    of: str = "permits",
    kind: Kind = Kind.EMAIL,
    language: str = "en",
    **fields: object,
) -> list[ResponseId]:
    """An answer for each of `comments` ("" is none), as it comes in by a link; their rows."""
    known, chance = directory_of(house), random.Random()
    service, entries = known.services[of], []
    at = datetime.combine(day, time(16), UTC)
    for comment in comments:
        token = Token(kind, 1, int(at.timestamp()), chance.randbytes(8))
        opened = Opened(service, known.offices[office], token, token.nonce.hex(), 1)
        sheet = Sheet(opened, service.survey, language, at, chance.randbytes(18))
        answers = Answers.model_validate(
            {"satisfaction": 4, "trust": 4, "comment": comment} | fields
        )
        entries.append(entry.prepare(sheet, answers, Secrets(house.roots), at))
    store_all(house.engine, entries)
    return [entry.row for entry in entries]


def add_alerts(house: House, rows: Iterable[ResponseId], office: str = "riverside") -> None:
    """These answers matched the agency's alert phrases."""
    with db.write(house.engine) as connection:
        for service, day, id in rows:
            alert = {"service": service, "day": day, "response": id, "office": office}
            connection.execute(insert(tables.alerts).values(**alert, alert="crisis", tries=0))
