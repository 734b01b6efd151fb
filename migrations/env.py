"""Run migrations, from `cx migrate` (which hands over its engine) or from bare `alembic`."""

from alembic import context

from cxserver import db, tables
from cxserver.settings import Settings

engine = context.config.attributes.get("engine") or db.open_engine(Settings())

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
