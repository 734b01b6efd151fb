"""Run migrations, from `cx migrate` (which hands over its engine) or from bare `alembic`."""

from alembic import context

from cxserver import db, tables
from cxserver.settings import Settings

engine = context.config.attributes.get("engine") or db.open_engine(Settings())
then = context.config.attributes.get("then")

# One transaction, whatever is missing: killed in the middle, it leaves the tables as they were.
with db.write(engine) as connection:
    # Two servers that come up together must not both make the tables, or a root key each.
    db.lock(connection, "migrate")
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    context.run_migrations()
    if then:
        then(connection)
