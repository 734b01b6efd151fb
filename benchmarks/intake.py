"""POST of an answer, durable when answered, against the same without the write and two naive ways.

"No write" is our own application with a writer that says "stored" at once. The naive servers read
the same form and commit one row per request, with the same durable settings: one with a raw
SQLite connection on the event loop, one with an ORM session in a thread. They check no signature,
mask nothing, count nothing and let a link answer as often as it likes.
"""

import itertools
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from measuring import installation, rounds
from measuring.installation import Installation
from measuring.rounds import Contestant
from measuring.servers import Bare, Server, running
from pysqlite3 import dbapi2
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cxserver import clock, db, tables
from cxserver.intake import writer
from cxserver.intake.entry import Entry
from cxserver.intake.store import Outcome
from cxserver.settings import Settings
from cxserver.web import server
from cxserver.web.app import create_app

LINKS = 30_000
CYCLED = 4_000
DURABLE = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000")


class Base(DeclarativeBase):
    """Tables of the naive server with an ORM."""


class Answer(Base):
    """One answer, as most applications would keep it."""

    __tablename__ = "answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    service: Mapped[str]
    office: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str]
    at: Mapped[str] = mapped_column(index=True)
    satisfaction: Mapped[int]
    trust: Mapped[int]
    drivers: Mapped[str]
    comment: Mapped[str]


def ours(port: int, settings: Settings) -> None:
    """The product, as `cx serve` runs it."""
    server.serve_app(create_app(settings), "127.0.0.1", port)


def without_write(port: int, settings: Settings) -> None:
    """The product with a writer that believes every answer stored."""

    async def believe(self: writer.Writer, entry: Entry) -> Outcome:
        return Outcome("stored", entry.receipt)

    writer.Writer.store = believe
    ours(port, settings)


def commit_each(port: int, file: Path) -> None:
    """One raw SQLite commit per request, on the event loop."""
    connection = dbapi2.connect(str(file), isolation_level=None)
    _prepare(connection)
    connection.execute(
        "CREATE TABLE answers (id INTEGER PRIMARY KEY, service, office, channel, language, at, "
        "satisfaction, trust, drivers, comment)"
    )
    connection.execute("CREATE INDEX answers_at ON answers (at)")
    marks = ", ".join("?" * 9)

    async def take(request: Request) -> Response:
        values = tuple(_values(request, await request.body()).values())
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"INSERT INTO answers VALUES (NULL, {marks})", values)
        connection.execute("COMMIT")
        return RedirectResponse("/thanks", status_code=303)

    _serve(port, take)


def orm_each(port: int, file: Path) -> None:
    """One ORM session and commit per request, in a thread."""
    engine = create_engine(f"sqlite:///{file}", module=dbapi2)
    event.listen(engine, "connect", lambda raw, _: _prepare(raw))
    Base.metadata.create_all(engine)

    def keep(values: dict[str, Any]) -> None:
        with Session(engine) as session:
            session.add(Answer(**values))
            session.commit()

    async def take(request: Request) -> Response:
        await run_in_threadpool(keep, _values(request, await request.body()))
        return RedirectResponse("/thanks", status_code=303)

    _serve(port, take)


def _prepare(connection: sqlite3.Connection) -> None:
    for pragma in DURABLE:
        connection.execute(f"PRAGMA {pragma}")


def _serve(port: int, take: Any) -> None:
    route = Route("/s/{service}/{office}/{token}", take, methods=["POST"])
    server.serve_app(Bare(Starlette(routes=[route])), "127.0.0.1", port)


def _values(request: Request, body: bytes) -> dict[str, Any]:
    pairs = parse_qsl(body.decode(), keep_blank_values=True)
    form = dict(pairs)
    return {
        "service": request.path_params["service"],
        "office": request.path_params["office"],
        "channel": "email",
        "language": "en",
        "at": clock.now().isoformat(),
        "satisfaction": int(form["satisfaction"]),
        "trust": int(form["trust"]),
        "drivers": ";".join(value for name, value in pairs if name == "drivers"),
        "comment": form["comment"],
    }


def main() -> None:
    quick = rounds.quick(__doc__)
    with installation.fresh() as place, installation.fresh() as other:
        servers = [
            Server(ours, place.settings),
            Server(without_write, other.settings),
            Server(commit_each, other.settings.data_dir / "raw.sqlite3"),
            Server(orm_each, other.settings.data_dir / "orm.sqlite3"),
        ]
        links = 6000 if quick else LINKS
        with running(*servers):
            contestants = _contestants(servers, place.posts(links), other.posts(CYCLED))
            rounds.compete(contestants, rounds=2 if quick else 5, seconds=0.5 if quick else 2.0)
        _check(place, contestants[0].answered)
    rounds.tell(contestants)
    for rival in contestants[1:]:
        rounds.compare(rival, contestants[0])


def _contestants(servers: list[Server], ours: list[bytes], others: list[bytes]) -> list[Contestant]:
    product, idle, raw, orm = servers
    return [
        Contestant("durable", product, iter(ours), 303),
        Contestant("no write", idle, itertools.cycle(others), 303),
        Contestant("one raw commit each", raw, itertools.cycle(others), 303),
        Contestant("one ORM commit each", orm, itertools.cycle(others), 303),
    ]


def _check(place: Installation, answered: int) -> None:
    engine = db.open_engine(place.settings)
    with db.read(engine) as connection:
        query = select(func.count()).select_from(tables.responses)
        stored = connection.execute(query).scalar_one()
    engine.dispose()
    if stored != answered:
        raise SystemExit(f"{answered:,} answers were confirmed, {stored:,} are stored.")
    print(f"{answered:,} answers were confirmed, each from a link of its own; all are stored.")


if __name__ == "__main__":
    main()
