"""MLflow's REST interface, as far as `import mlflow` in a job needs it, for clients 2.x and 3.x."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.ml.assets import AssetStore
    from penstock.ml.tracking import Tracking
    from penstock.server.routes import Route


def mlflow_routes(tracking: Tracking, assets: AssetStore, storage: Path) -> tuple[Route, ...]:
    """All rows below `/mlflow/v1.0/subscriptions/.../workspaces/NAME/api/2.0`.

    `assets` holds the workspaces, and the models that clients register; `storage` is the folder of
    the datastores, where artifacts go.
    """
    from penstock.ml.model_registry import ModelRegistry
    from penstock.server.mlflow import artifacts, models, registry, runs
    from penstock.server.mlflow.operations import Mlflow, other_routes

    mlflow = Mlflow(tracking, ModelRegistry(assets, tracking), assets, storage)
    return (
        *runs.routes(mlflow),
        *models.routes(mlflow),
        *registry.routes(mlflow),
        *artifacts.routes(mlflow),
        *other_routes(mlflow),
    )
