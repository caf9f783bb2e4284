"""A loaded pipeline as a plan, with the tasks and the library of this machine."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.cli.reading.loading import Loaded
from penstock.devops.plans.catalog import TaskCatalog
from penstock.devops.plans.planner import Planned, plan_pipeline
from penstock.devops.plans.planning import Surroundings
from penstock.engine.requests import Repository, Variable
from penstock.language.source import has_errors


def plan_loaded(
    loaded: Loaded, secrets: Mapping[str, str], catalog: TaskCatalog | None = None
) -> Planned | None:
    """The plan of a compiled pipeline, or None where it has errors. `secrets` are by name.

    The tasks are those of the agent unless `catalog` is given.
    """
    pipeline = loaded.compiled.pipeline
    if pipeline is None or has_errors(loaded.compiled.diagnostics):
        return None
    from penstock.cli.reading.tasks import AgentTasks

    repository = loaded.facts.repository
    repositories = {
        "self": Repository(
            alias="self", name=repository.name, url=str(loaded.root), ref=repository.ref
        )
    }
    for alias, folder in loaded.repositories.items():
        repositories[alias.casefold()] = Repository(alias=alias, name=folder.name, url=str(folder))
    surroundings = Surroundings(
        library=loaded.library.with_secrets(secrets),
        catalog=catalog or AgentTasks(),
        repositories=repositories,
        variables=(
            *loaded.variables,
            *(Variable(name=name, value=value, secret=True) for name, value in secrets.items()),
        ),
        definition_key=f"{loaded.root}:{loaded.path}",
    )
    return plan_pipeline(pipeline, surroundings)
