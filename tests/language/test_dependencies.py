"""What expressions ask about stages and jobs that they do not depend on, or never have: warnings.

Sources: Azure Pipelines, Expressions (Dependencies; Job status check functions), Deployment jobs
(Support for output variables); that a name which is no dependency makes a status function false,
and that a deployment's outputs do not answer to the name of its hook, was measured on the service.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from penstock.language.compiler import compile_pipeline
from penstock.language.source import Severity, Source

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "dependencies.yml").read_text("utf-8"))
PLACES = {"JOB": "true", "STAGE": "true", "VARIABLE": "1", "LATER": "true"}


class Texts:
    def __init__(self, text):
        self.text = text

    def read(self, repository, path):
        return Source(path, self.text, repository)

    def describe(self, repository):
        return "texts"

    def names(self, repository, folder):
        return ()


def told(place, expression):
    """Each warning, with the word that the caret is under."""
    text = CASES["pipeline"]
    for name, default in PLACES.items():
        value = expression if name == place else default
        text = text.replace(name, value if name == "VARIABLE" else f'"{value}"')
    for one in compile_pipeline("main.yml", Texts(text)).diagnostics:
        assert one.severity is Severity.WARNING, one.message
        line = text.split("\n")[one.span.line - 1]
        yield one, line[one.span.column - 1 : one.span.end_column - 1]


@pytest.mark.parametrize("row", CASES["asked"], ids=lambda row: f"{row['in']}: {row['asks']}")
def test_row(row):
    found = [
        {"told": f"{one.code} {word}", "message": one.message, "help": one.help}
        for one, word in told(row["in"], row["asks"])
    ]
    expected = {key: row[key] for key in ("told", "message", "help") if key in row}
    assert found == ([expected] if expected else [])


def test_a_part_that_could_not_be_read_is_no_reason_to_doubt_names():
    text = "jobs:\n- template: gone.yml\n- job: a\n  condition: failed('b')\n  steps: []\n"

    class Gone(Texts):
        def read(self, repository, path):
            return None if path == "gone.yml" else super().read(repository, path)

    compiled = compile_pipeline("main.yml", Gone(text))
    assert [one.code for one in compiled.diagnostics] == ["PS1201"]
