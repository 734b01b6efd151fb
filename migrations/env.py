"""Run migrations, from `cx migrate` (which hands over its engine) or from bare `alembic`."""

from alembic import context

from cxserver import db, tables
from cxserver.settings import Settings

engine = context.config.attributes.get("engine") or db.open_engine(Settings())

with engine.connect() as connection:
    if connection.dialect.name == "postgresql":
        # Two servers that come up together must not both make the tables.
        connection.exec_driver_sql("SELECT pg_advisory_lock(280)")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_unlock(280)")
        connection.commit()
