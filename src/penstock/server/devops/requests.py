"""What clients send about runs, read and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from penstock.devops.plans.stages import StageRefused
from penstock.devops.queueing.queue import NotQueued, Queueing, SecondTry
from penstock.devops.queueing.requests import RunRequest
from penstock.devops.sources import SourceMissing
from penstock.server.devops.bodies import table_of
from penstock.server.devops.errors import bad_request
from penstock.server.errors import Refused


def parameters_of(body: Mapping[str, Any], name: str = "templateParameters") -> dict[str, str]:
    """Template parameters by name: texts as they are, all else as JSON (which is YAML)."""
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in table_of(body, name).items()
    }


def variables_of(body: Mapping[str, Any], name: str = "variables") -> dict[str, str]:
    """Variables by name: `{"x": {"value": "1"}}` or `{"x": "1"}`.

    A secret one is refused: what a person types into a run would have to be kept for its restart.
    """
    found = {}
    for key, given in table_of(body, name).items():
        value = given.get("value") if isinstance(given, dict) else given
        if isinstance(given, dict) and given.get("isSecret"):
            raise bad_request(
                f'variable "{key}": a secret value cannot be given to a run; put it in a variable '
                "group of the library"
            )
        found[key] = variable_text(value)
    return found


def variable_text(value: object) -> str:
    """The text that a variable has by a value of JSON: variables are texts."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def start(queueing: Queueing, request: RunRequest) -> str:
    """Queue a run that people ask for; its id. Raises `Refused` (400) for what cannot be."""
    check_variables(request)
    return queued(queueing, request)


def queued(queueing: Queueing, request: RunRequest, second_try: SecondTry | None = None) -> str:
    """Queue a run whose variables may be set; its id. Raises `Refused` (400) for what cannot be."""
    try:
        return queueing.queue(request, second_try)
    except SourceMissing as error:
        raise bad_request(str(error), "InvalidSourceVersionException") from error
    except StageRefused as error:
        raise bad_request(f"{error}; {error.hint}") from error
    except NotQueued as error:
        raise Refused(400, "DefinitionDisabledException", str(error)) from error


def check_variables(request: RunRequest) -> None:
    """Refuse variables that the pipeline does not let people set, as the service does."""
    settable = {
        variable.name.casefold()
        for variable in request.definition.settings.variables
        if variable.settable
    }
    others = [n for n in request.variables if n.casefold() not in (*settable, "system.debug")]
    if others:
        names = ", ".join(f'"{name}"' for name in others)
        message = (
            f"these variables cannot be set when the run is queued: {names}. Add them to the "
            "variables of the pipeline, with `allowOverride`"
        )
        raise bad_request(message, "PipelineValidationException")


def full_branch(branch: str) -> str:
    """A branch by its full name; none stays none."""
    return branch if not branch or branch.startswith("refs/") else f"refs/heads/{branch}"
