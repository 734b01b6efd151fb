"""A house whose catalog has rules of retention, and answers old enough to be due."""

from datetime import date

from cxserver import db, tables
from cxserver.audit.journal import COMMAND, Journal
from cxserver.intake import recount
from cxserver.records import disposal, due
from cxserver.records.disposal import Disposed, Officer
from cxserver.records.due import Due
from tests.support.comment_factory import ASKING, directory_of
from tests.support.house import NOW, House

# The house's day is Wednesday, November 4, 2026.
LAST_DUE, NOT_DUE = date(2023, 11, 4), date(2023, 11, 5)
ANSWERS = '[records]\nanswers = { years = 3, schedule = "GRS 6.5 010" }\n'
COMMENTS = '[records]\ncomments = { years = 3, schedule = "GRS 6.5 010" }\n'


def set_rules(house: House, rules: str, catalog: str = ASKING) -> None:
    """Apply the catalog with these rules."""
    house.apply(catalog.replace("[clearance.umbrella]", f"{rules}\n[clearance.umbrella]", 1))


def listed(house: House) -> list[Due]:
    """What is due now."""
    with db.read(house.engine) as connection:
        return due.due(connection, directory_of(house), NOW)


def dispose(house: House) -> list[Disposed]:
    """Delete all that is due now."""
    officer = Officer(COMMAND, Journal(house.roots))
    return disposal.dispose(house.engine, directory_of(house), officer, NOW)


def disagreements(house: House) -> list[object]:
    """What `cx recount --check` finds."""
    return list(recount.differences(db.source(house.engine)))


def rows(house: House, table: str) -> int:
    """How many rows a table has."""
    with db.read(house.engine) as connection:
        return len(connection.execute(tables.metadata.tables[table].select()).all())
