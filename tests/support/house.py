"""A small agency for the tests: a catalog, a clock that stands still, keys, an application.

`House` is one installation: `house.mint(...)` makes links, `house.app()` the application,
`house.client()` talks to it in this process, with its real database.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import Engine, event, func, select, text
from starlette.testclient import TestClient

from cxsdk import Issuer, Key, Link, token
from cxserver import db, tables
from cxserver.audit import adoption
from cxserver.catalog import apply, check, directory, kiosks, linkkeys
from cxserver.catalog.kiosks import Beat, ShownLink
from cxserver.settings import Settings
from cxserver.timekeeping import evidence
from cxserver.web.app import CxApp, create_app
from tests.support import house_rows
from tests.support.house_rows import HouseRows
from tests.support.matches import first_match

_MONTH = timedelta(days=30)
NOW = datetime(2026, 11, 4, 15, 20, tzinfo=UTC)
APPROVED_UNTIL = "2028-03-31"
# What a new house holds on each of the two databases.
_rows: dict[str, HouseRows] = {}

CATALOGUE = """
[agency]
slug = "everyday"
name = "Department of Everyday Affairs"
timezone = "America/New_York"
contact_url = "https://example.gov/contact"
privacy_url = "https://example.gov/privacy"
urgent_help = { en = "In danger? Call 911.", es = "¿En peligro? Llame al 911." }
mask = ["A[0-9]{8,9}"]
es = { name = "Departamento de Asuntos Cotidianos" }

[clearance.umbrella]
omb_control_number = "1234-5678"
expires = 2028-03-31
burden_minutes = 3
approved_responses = 500000

[service.permits]
name = "Permit renewal"
description = "Renewing a permit."
type = "administrative"
owner = "Office of Permits"
channels = ["email", "kiosk", "poster", "site"]
designated = true
embed_origins = ["https://www.example.gov"]
es = { name = "Renovación de permisos", description = "Renovar un permiso." }

[service.permits.survey]
instrument = "a11-2022"
clearance = "umbrella"
statement_name = { en = "permit renewal", es = "la renovación de permisos" }
trust_statement = "increased"
satisfaction_statement = "satisfied"
drivers = ["effectiveness", "ease", "efficiency", "transparency", "humanity", "employee"]
driver_mode = "tap"
languages = ["en", "es"]
comment = true

[[service.permits.office]]
slug = "riverside"
name = "Riverside Office"
timezone = "America/New_York"

[[service.permits.office]]
slug = "lakeside"
name = "Lakeside <b>& Sons</b>"
timezone = "America/Los_Angeles"

[service.hearings]
name = "Hearing"
description = "A hearing before a clerk."
type = "compliance"
owner = "Office of Hearings"
channels = ["email"]
es = { name = "Audiencia", description = "Una audiencia." }

[service.hearings.survey]
instrument = "a11-2022"
clearance = "umbrella"
statement_name = { en = "the hearing", es = "la audiencia" }
trust_statement = "increased"
satisfaction_statement = "experience"
drivers = ["effectiveness", "ease", "employee"]
driver_mode = "likert"
languages = ["en", "es"]
comment = true

[[service.hearings.survey.question]]
code = "purpose"
text = { en = "Why did you come?", es = "¿A qué vino?" }
choices = [
    { code = "first", en = "First hearing", es = "Primera audiencia" },
    { code = "appeal", en = "An appeal", es = "Una apelación" },
]
category = "none"
reason = "Clerks plan the rooms by it."

[[service.hearings.office]]
slug = "riverside"
name = "Riverside Office"
timezone = "America/New_York"

[service.calls]
name = "Telephone help"
description = "Help by telephone."
type = "informational"
owner = "Call Center"
channels = ["phone"]
es = { name = "Ayuda por teléfono", description = "Ayuda por teléfono." }

[service.calls.survey]
instrument = "a11-2022"
clearance = "umbrella"
statement_name = { en = "telephone help", es = "la ayuda por teléfono" }
trust_statement = "increased"
satisfaction_statement = "satisfied"
drivers = ["effectiveness", "ease", "employee"]
driver_mode = "choice"
languages = ["en", "es"]
comment = true

[[service.calls.office]]
slug = "center"
name = "Call Center"
timezone = "America/Chicago"
"""
# More offices of `permits`: put behind the catalog.
OFFICES = [f"office-{n}" for n in range(6)]
MORE = "".join(
    f'[[service.permits.office]]\nslug = "{slug}"\nname = "Office {slug[-1]}"\n'
    'timezone = "America/New_York"\n'
    for slug in OFFICES
)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOW):
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class House:
    """One installation with the catalog above. `key` mints for every service."""

    settings: Settings
    clock: Clock = field(default_factory=Clock)
    catalog: str = field(default="", repr=False)  # the text that was applied last
    approved_until: str = APPROVED_UNTIL

    def __post_init__(self) -> None:
        self.engine: Engine = db.open_engine(self.settings)
        path, kind = self.settings.root_key_path, self.engine.dialect.name
        is_plain = self.clock.now == NOW and self.approved_until == APPROVED_UNTIL
        is_new = is_plain and not path.exists()
        if is_new and kind in _rows:
            self._be_like(_rows[kind])
        else:
            before = house_rows.tables_with_rows(self.engine) if is_new else []
            self._begin(path)
            if is_new:
                _rows[kind] = house_rows.taken(self.engine, path, self.keys, before)
        event.listen(self.engine, "connect", _wait_for_locks)

    def _be_like(self, rows: HouseRows) -> None:
        self.roots = rows.write(self.engine, self.settings.root_key_path)
        self.keys, self.catalog = dict(rows.keys), CATALOGUE

    def _begin(self, path: Path) -> None:
        with db.write(self.engine) as connection:
            self.roots = adoption.adopt(connection, path, self.clock.now.date()).roots
        self.apply(CATALOGUE)
        self.keys = {slug: self.cut(slug) for slug in ("permits", "hearings", "calls")}

    def apply(self, text: str) -> None:
        self.catalog = text.replace("expires = 2028-03-31", f"expires = {self.approved_until}")
        report = check.text(self.catalog, "test.toml", self.clock.now.date())
        assert report.catalog is not None, [str(fault) for fault in report.faults]
        with db.write(self.engine) as connection:
            apply.apply(connection, report.catalog, self.clock.now.date())

    def live_today(self) -> None:
        """Go by the real clock, as other processes do, with an approval that has not ended."""
        self.clock.now = datetime.now(UTC)
        self.approved_until = "2099-12-31"
        self.apply(self.catalog.replace("2028-03-31", self.approved_until))
        self.confirm_clock()

    def confirm_clock(self) -> None:
        """The house's time is proven: commands and servers believe a clock that shows it."""
        with db.write(self.engine) as connection:
            evidence.confirm(connection, self.clock.now)

    def today(self) -> date:
        """The agency's date: late in its evening, that in UTC is already the next."""
        with db.read(self.engine) as connection:
            return directory.today(connection, self.clock.now)

    def cut(self, service: str, office: str | None = None) -> Key:
        with db.write(self.engine) as connection:
            return linkkeys.issue(connection, self.roots, service, office, self.clock.now.date())

    def revoke(self, service: str, kid: int, office: str = "", nonce: str = "") -> None:
        with db.write(self.engine) as connection:
            linkkeys.revoke(connection, service, kid, self.clock.now.date(), office, nonce)

    def mint(self, service: str = "permits", office: str = "riverside", **how: Any) -> Link:
        issuer = Issuer(self.settings.base_url, self.keys[service].text, clock=self.clock)
        return issuer.issue_link(service, office, **how)

    def kiosk(self, office: str = "riverside", waiting: int = 5000) -> Link:
        """The link of a kiosk that has reported so many answers to be waiting on it."""
        link = self.mint(office=office, channel="kiosk", expires_at=self.clock() + _MONTH)
        self.report_waiting(link, waiting)
        return link

    def report_waiting(self, link: str, waiting: int) -> None:
        """The heartbeat of a kiosk."""
        claimed = token.read(link.rpartition("/")[2])
        office = link.split("/")[-2]
        shown = ShownLink("permits", office, claimed.nonce.hex(), claimed.kid, claimed.ends)
        with db.write(self.engine) as connection:
            kiosks.note(connection, shown, Beat(waiting, 0, 0, "", "open"), self.clock())

    def move(self, address: str) -> None:
        """Live at `address` from now on: links lead there, and applications answer to it."""
        self.settings = self.settings.model_copy(update={"base_url": address})

    def app(self, *, clock_is_right: bool = True, **how: Any) -> CxApp:
        """The application at the house's time, which is proven unless `clock_is_right` is false."""
        if clock_is_right:
            self.confirm_clock()
        return create_app(self.settings, **({"clock": self.clock} | how))

    def client(self, **how: Any) -> TestClient:
        """Use it in a `with`: the application starts and stops."""
        return TestClient(self.app(**how), base_url=self.settings.base_url, follow_redirects=False)

    def count(self) -> int:
        """How many responses there are."""
        with db.read(self.engine) as connection:
            query = select(func.count()).select_from(tables.responses)
            return int(connection.execute(query).scalar_one())

    def responses(self) -> list[dict[str, Any]]:
        with db.read(self.engine) as connection:
            return [dict(row._mapping) for row in connection.execute(select(tables.responses))]

    def close(self) -> None:
        self.engine.dispose()


def _wait_for_locks(raw: Any, _record: object) -> None:
    """A test that writes beside others waits on a busy machine; the application, in its own
    connections, still gives up after five seconds.
    """
    if hasattr(raw, "pgconn"):
        raw.execute("SET lock_timeout = '60s'")
        raw.commit()
    else:
        raw.execute("PRAGMA busy_timeout = 60000")


def stamp_of(page: str) -> str:
    """The hidden stamp of a survey page."""
    return first_match(r'name="stamp" value="([^"]+)"', page)[1]


def answer(client: httpx2.Client, link: str, **fields: Any) -> httpx2.Response:
    """Open a link as a person does, answer, and give the response."""
    stamp = stamp_of(client.get(link).text)
    return client.post(link, data={"stamp": stamp, "trust": "4", "satisfaction": "5"} | fields)


def forbid(house: House, table: str) -> None:
    """From now on the database refuses every new row of a table."""
    if house.engine.dialect.name == "sqlite":
        refuse = (
            f"CREATE TRIGGER refuse BEFORE INSERT ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'refused'); END"
        )
    else:
        refuse = f"ALTER TABLE {table} ADD CONSTRAINT refuse CHECK (service = 'nothing')"
    with db.write(house.engine) as connection:
        connection.execute(text(refuse))
