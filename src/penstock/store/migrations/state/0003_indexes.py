"""Indexes for lists: an environment's history by its name, and runs by whom they are for."""

from alembic import op

revision = "state_0003"
down_revision = "state_0002"
branch_labels = None
depends_on = None

VERSION = 3


def upgrade() -> None:
    """Make the indexes."""
    op.execute("DROP INDEX deployments_by_environment")
    op.execute(
        "CREATE INDEX deployments_by_environment"
        " ON deployments (project, environment COLLATE NOCASE, id)"
    )
    op.execute("CREATE INDEX runs_by_requested_for ON runs (project, requested_for, id)")
    op.execute(f"PRAGMA user_version = {VERSION}")
