"""The audit log as somebody who owns the database could change it."""

from sqlalchemy import Executable, text

from cxserver import db
from tests.support.house import House


def tamper(house: House, *statements: Executable) -> None:
    """Run the statements once the triggers are out of the way."""
    with db.write(house.engine) as connection:
        if house.engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        else:
            for act in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS audit_no_{act}"))
        for statement in statements:
            connection.execute(statement)
