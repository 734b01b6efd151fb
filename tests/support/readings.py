"""One look at a database, for tests of what reads it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from cxserver import db
from cxserver.catalog.directory import Directory
from cxserver.comments import shelf
from cxserver.comments.readable import ReadableComment
from cxserver.intake import reflag
from cxserver.response_id import ResponseId
from cxserver.results import count, grouped, slices, tally_query
from cxserver.results.scopes import Scope


def counted(engine: Engine, *args: Any, **named: Any) -> list[slices.Slice]:
    """`slices.read` in a transaction of its own."""
    with db.read(engine) as connection:
        return tally_query.read(connection, *args, **named)


def rows(engine: Engine, *args: Any) -> list[grouped.Row]:
    """`grouped.rows` in a transaction of its own."""
    with db.read(engine) as connection:
        return grouped.rows(connection, *args)


def of_office(engine: Engine, office: str) -> int:
    """`count.of_office` in a transaction of its own."""
    with db.read(engine) as connection:
        return count.of_office(connection, office)


def flagged(engine: Engine, *args: Any) -> list[ResponseId]:
    """`reflag.flagged` in a transaction of its own."""
    with db.read(engine) as connection:
        return reflag.flagged(connection, *args)


def lifted(engine: Engine, *args: Any) -> list[ResponseId]:
    """`reflag.lifted` in a transaction of its own."""
    with db.read(engine) as connection:
        return reflag.lifted(connection, *args)


@dataclass(frozen=True)
class CommentReader:
    """`commentlist.Shelf`, each look in a transaction of its own."""

    engine: Engine
    known: Directory
    scope: Scope
    now: datetime

    def find(self, *args: Any, **named: Any) -> shelf.CommentPage:
        """The comments."""
        with db.read(self.engine) as connection:
            return self._on(connection).find(*args, **named)

    def named(self, *args: Any) -> ReadableComment:
        """One comment."""
        with db.read(self.engine) as connection:
            return self._on(connection).named(*args)

    def _on(self, connection: Any) -> shelf.Shelf:
        return shelf.Shelf(connection, self.known, self.scope, self.now)
