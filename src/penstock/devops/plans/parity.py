"""What the service would refuse and Penstock runs all the same: told with `--parity strict`.

It looks at a compiled pipeline only. What the library lacks is the planner's to tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from penstock.language import pipeline as model
from penstock.language.diagnostics import nearest
from penstock.language.source import Diagnostic

_IMAGES = frozenset(
    {
        "macos-14",
        "macos-15",
        "macos-latest",
        "ubuntu-22.04",
        "ubuntu-24.04",
        "ubuntu-latest",
        "windows-2022",
        "windows-2025",
        "windows-latest",
    }
)
"""Labels of the Microsoft-hosted agents page, as of January 2026."""

_RETIRED = {
    "macos": "macOS-latest",
    "ubuntu": "ubuntu-latest",
    "win1803": "windows-latest",
    "windows": "windows-latest",
    "vs2015": "windows-latest",
    "vs2017": "windows-latest",
}
"""What replaces the images of a family that the page no longer lists, by how their names begin."""


def parity_problems(pipeline: model.Pipeline, images: Mapping[str, str]) -> list[Diagnostic]:
    """What the service would refuse of a pipeline that compiles, in the order of the file.

    `images` is `.penstock/images.yml`: a name declared there is of a pool of one's own.
    """
    known = {name.casefold() for name in images} | _IMAGES
    return [
        _no_such_image(text)
        for text in dict.fromkeys(_images(pipeline))
        if "$(" not in text.value and text.value.casefold() not in known
    ]


def _images(pipeline: model.Pipeline) -> Iterator[model.Text]:
    pools = [pipeline.pool]
    for stage in pipeline.stages:
        pools.append(stage.pool)
        for job in stage.jobs:
            pools.append(job.pool)
            if isinstance(job, model.DeploymentJob):
                pools += _hook_pools(job)
    for pool in pools:
        if pool is not None and pool.vm_image is not None and _is_hosted(pool):
            yield pool.vm_image


def _hook_pools(job: model.DeploymentJob) -> Iterable[model.Pool | None]:
    return [hook.pool for hook in model.hooks_of(job)]


def _is_hosted(pool: model.Pool) -> bool:
    return pool.name is None or pool.name.value.casefold() == "azure pipelines"


def _no_such_image(text: model.Text) -> Diagnostic:
    name = text.value.casefold()
    family = next((new for old, new in _RETIRED.items() if name.startswith(old)), None)
    guess = nearest(name, sorted(_IMAGES))
    if family is not None:
        help = f'use "{family}"; declare the name in .penstock/images.yml where a pool has it'
    else:
        help = f'did you mean "{guess}"?' if guess else f"images are {', '.join(sorted(_IMAGES))}"
    return Diagnostic(
        code="PS2130",
        message=f'"{text.value}" is no image of the Microsoft-hosted agents',
        span=text.span,
        label="no agent has it",
        help=help,
        service_text="No image label found to route agent pool Azure Pipelines.",
    )
