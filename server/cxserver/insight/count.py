"""How many answers there are, read from the tallies."""

from sqlalchemy import Engine, func, select

from cxserver import db, tables


def of_office(engine: Engine, office: str) -> int:
    """Answers counted for one office, over all services."""
    return by_office(engine).get(office, 0)


def by_office(engine: Engine) -> dict[str, int]:
    """Answers counted, by office."""
    tally = tables.tallies.c
    query = (
        select(tally.office, func.sum(tally.n))
        .where(tally.measure == "response")
        .group_by(tally.office)
    )
    with db.read(engine) as connection:
        return {office: int(n) for office, n in connection.execute(query)}
