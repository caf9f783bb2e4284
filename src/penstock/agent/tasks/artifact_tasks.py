"""Publishing and downloading artifacts of the current run, as files of this machine."""

from __future__ import annotations

import os
from pathlib import Path

from penstock.agent import artifacts, files
from penstock.agent.artifacts import ArtifactRefused
from penstock.agent.context import SUCCEEDED, Outcome, StepContext, failed
from penstock.agent.patterns import lines, select
from penstock.agent.tasks.contract import Input, Task

_NAME_OF_IDENTIFIER = str.maketrans(dict.fromkeys('":<>|*?/\\', "_"))


def publish_pipeline_artifact(step: StepContext) -> Outcome:
    """Publish a file or the content of a folder, once for each name."""
    if step.input("artifactType").lower() == "filepath":
        return failed('artifactType "filepath": publishing to a file share is not supported')
    identifier = step.variables.get("System.JobIdentifier") or step.job.request.node
    name = step.input("artifactName") or identifier.translate(_NAME_OF_IDENTIFIER)
    return _publish(step, step.path(step.input("path")), name, pipeline=True)


def publish_build_artifacts(step: StepContext) -> Outcome:
    """Publish a file or the content of a folder; files are added to an artifact that exists."""
    if step.input("ArtifactType").lower() == "filepath":
        return failed('publishLocation "FilePath": publishing to a file share is not supported')
    if step.flag("StoreAsTar"):
        return failed('"StoreAsTar" is not supported; archive the files with ArchiveFiles@2')
    path = step.path(step.input("PathtoPublish"))
    return _publish(step, path, step.input("ArtifactName"), pipeline=False)


def _publish(step: StepContext, path: Path, name: str, *, pipeline: bool) -> Outcome:
    if not path.exists():
        return failed(f'there is nothing to publish at "{path}"')
    try:
        count = artifacts.publish(step, path, name, once=pipeline, honor_ignore=pipeline)
    except ArtifactRefused as error:
        return failed(str(error))
    step.log.line(f'Published artifact "{name}": {count} files from {path}')
    return SUCCEEDED


def download_pipeline_artifact(step: StepContext) -> Outcome:
    """Copy one artifact into a folder, or every one into a folder of its name."""
    refusal = _other_run(step.input("source"))
    if refusal:
        return failed(refusal)
    target = step.workspace.default_directory / step.input("path")
    return _download(step, step.input("artifact"), target, lines(step.input("patterns")))


def download_build_artifacts(step: StepContext) -> Outcome:
    """Copy an artifact, or files of all of them, below a folder; each has a folder of its name."""
    refusal = _other_run(step.input("buildType"))
    if refusal:
        return failed(refusal)
    target = step.workspace.default_directory / step.input("downloadPath")
    if step.flag("cleanDestinationFolder"):
        files.empty(os.path.realpath(target))
    patterns = lines(step.input("itemPattern"))
    if step.input("downloadType").lower() == "single":
        name = step.input("artifactName")
        found = _named(step, name)
        if isinstance(found, Outcome):
            return found
        chosen = [(name, found)]
    else:
        chosen = list(artifacts.published(step).items())
    for name, source in chosen:
        _copy(step, name, source, target / name, patterns, prefix=f"{name}/")
    return SUCCEEDED


def download_shortcut(step: StepContext) -> Outcome:
    """The `download:` keyword: artifacts of this run into the workspace, one folder each."""
    alias = step.input("alias").lower()
    if alias == "none":
        return SUCCEEDED
    if alias != "current":
        return failed(
            f'download "{step.input("alias")}": artifacts of other pipelines cannot be had here'
        )
    name = step.input("artifact")
    root = step.workspace.root
    return _download(step, name, root / name if name else root, lines(step.input("patterns")))


def _download(step: StepContext, name: str, target: Path, patterns: list[str]) -> Outcome:
    if name:
        found = _named(step, name)
        if isinstance(found, Outcome):
            return found
        _copy(step, name, found, target, patterns)
        return SUCCEEDED
    known = artifacts.published(step)
    if not known:
        step.log.line("No artifact was published in this run so far.")
    for each, source in known.items():
        _copy(step, each, source, target / each, patterns, prefix=f"{each}/")
    return SUCCEEDED


def _copy(
    step: StepContext,
    name: str,
    source: Path,
    target: Path,
    patterns: list[str],
    prefix: str = "",
) -> None:
    """Copy what patterns choose; with `prefix` they begin with the name of the artifact."""
    paths = [relative for relative, _ in files.walk(source)]
    if patterns and patterns != ["**"]:
        chosen = set(select([prefix + path for path in paths], patterns))
        paths = [path for path in paths if prefix + path in chosen]
    wanted = set(paths)
    count = artifacts.download(source, target, wanted.__contains__)
    step.log.line(f'Downloaded artifact "{name}": {count} files to {target}')


def _named(step: StepContext, name: str) -> Path | Outcome:
    known = artifacts.published(step)
    if name in known:
        return known[name]
    listed = ", ".join(known) or "none so far"
    return failed(f'artifact "{name}" was not published in this run; published: {listed}')


def _other_run(source: str) -> str:
    if source.lower() in ("", "current"):
        return ""
    return f'"{source}": artifacts of other runs cannot be had here; use "current"'


_CURRENT = ("current", "specific")
_PPA = "ecdc45f6-832d-4ad9-b52b-ee49e94659be"
_DBA = "a433f589-fce1-4460-9ee6-44a624aeb1fb"
PPA = Task(
    name="PublishPipelineArtifact",
    major=1,
    id=_PPA,
    friendly_name="Publish Pipeline Artifacts",
    description="Publish a file or folder as an artifact of this run",
    inputs=(
        Input(
            name="path",
            type="filePath",
            default="$(Pipeline.Workspace)",
            required=True,
            aliases=("targetPath",),
        ),
        Input(name="artifactName", aliases=("artifact",)),
        Input(
            name="artifactType",
            type="pickList",
            default="pipeline",
            aliases=("publishLocation",),
            choices=("pipeline", "filepath"),
        ),
        Input(name="fileSharePath"),
        Input(name="parallel", type="boolean", default="false"),
        Input(name="parallelCount", type="int", default="8"),
        Input(name="properties"),
    ),
    run=publish_pipeline_artifact,
)
PBA = Task(
    name="PublishBuildArtifacts",
    major=1,
    id="2ff763a7-ce83-4e1f-bc89-0ae63477cebe",
    friendly_name="Publish build artifacts",
    description="Publish a file or folder as an artifact of this run",
    inputs=(
        Input(
            name="PathtoPublish",
            type="filePath",
            default="$(Build.ArtifactStagingDirectory)",
            required=True,
        ),
        Input(name="ArtifactName", default="drop", required=True),
        Input(
            name="ArtifactType",
            type="pickList",
            default="Container",
            required=True,
            aliases=("publishLocation",),
            choices=("Container", "FilePath"),
        ),
        Input(name="MaxArtifactSize", type="int", default="0"),
        Input(name="TargetPath"),
        Input(name="Parallel", type="boolean", default="false"),
        Input(name="ParallelCount", type="int", default="8"),
        Input(name="FileCopyOptions"),
        Input(name="StoreAsTar", type="boolean", default="false"),
    ),
    run=publish_build_artifacts,
)
DPA = Task(
    name="DownloadPipelineArtifact",
    major=2,
    id="61f2a582-95ae-4948-b34d-a1b3c4f6a737",
    friendly_name="Download Pipeline Artifacts",
    description="Copy artifacts of this run into a folder",
    inputs=(
        Input(
            name="source",
            type="radio",
            default="current",
            required=True,
            aliases=("buildType",),
            choices=_CURRENT,
        ),
        Input(name="project"),
        Input(name="pipeline", aliases=("definition",)),
        Input(name="preferTriggeringPipeline", aliases=("specificBuildWithTriggering",)),
        Input(name="runVersion", aliases=("buildVersionToDownload",)),
        Input(name="runBranch", aliases=("branchName",)),
        Input(name="runId", aliases=("pipelineId", "buildId")),
        Input(name="tags"),
        Input(name="allowPartiallySucceededBuilds", type="boolean", default="false"),
        Input(name="allowFailedBuilds", type="boolean", default="false"),
        Input(name="artifact", aliases=("artifactName",)),
        Input(name="patterns", type="multiLine", default="**", aliases=("itemPattern",)),
        Input(
            name="path",
            default="$(Pipeline.Workspace)",
            required=True,
            aliases=("targetPath", "downloadPath"),
        ),
    ),
    run=download_pipeline_artifact,
)


def _download_build_artifacts(major: int) -> Task:
    return Task(
        name="DownloadBuildArtifacts",
        major=major,
        id=_DBA,
        friendly_name="Download build artifacts",
        description="Copy artifacts of this run below a folder",
        inputs=(
            Input(
                name="buildType",
                type="radio",
                default="current",
                required=True,
                choices=_CURRENT,
            ),
            Input(name="project"),
            Input(name="definition", aliases=("pipeline",)),
            Input(name="specificBuildWithTriggering", type="boolean", default="false"),
            Input(name="buildVersionToDownload"),
            Input(name="allowPartiallySucceededBuilds", type="boolean", default="false"),
            Input(name="branchName"),
            Input(name="buildId"),
            Input(name="tags"),
            Input(
                name="downloadType",
                type="radio",
                default="single",
                required=True,
                choices=("single", "specific"),
            ),
            Input(name="artifactName", required=True, when=("downloadType", "single")),
            Input(name="itemPattern", type="multiLine", default="**"),
            Input(name="downloadPath", default="$(System.ArtifactsDirectory)", required=True),
            Input(name="cleanDestinationFolder", type="boolean", default="false"),
            Input(name="parallelizationLimit", default="8"),
            Input(name="checkDownloadedFiles", type="boolean", default="false"),
            Input(name="retryDownloadCount", default="4"),
            Input(name="retryRedirectDownloadCount", default="0"),
            Input(name="extractTars", type="boolean"),
        ),
        run=download_build_artifacts,
    )


DBA_0 = _download_build_artifacts(0)
DBA_1 = _download_build_artifacts(1)
DOWNLOAD = Task(
    name="download",
    major=1,
    id="30f35852-3f7e-4c0c-9a88-e127b4f97211",
    friendly_name="Download Pipeline Artifacts",
    description="Copy artifacts of this run into the workspace",
    inputs=(
        Input(name="alias", default="current", required=True),
        Input(name="artifact"),
        Input(name="patterns", type="multiLine", default="**"),
    ),
    run=download_shortcut,
)
