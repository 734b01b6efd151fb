"""Before the operator has invited anybody, nobody is in."""

from sqlalchemy import func, select

from cxserver import db, tables


def test_a_new_installation_lets_nobody_in(engine):
    db.migrate(engine)
    people = tables.staff_members, tables.staff_sessions, tables.staff_invites
    with db.read(engine) as connection:
        for table in (*people, tables.api_keys, tables.link_keys):
            count = connection.execute(select(func.count()).select_from(table)).scalar()
            assert count == 0, table.name
