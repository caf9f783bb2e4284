"""Local files and folders that a document names: where they lie, and what is wrong with them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from penstock.language.source import Source
from penstock.language.yaml import Mapping, Scalar, parse
from penstock.ml.yaml import complaints, phrases
from penstock.ml.yaml.structure import Context

REMOTE = re.compile(r"^(azureml|https?|wasbs?|abfss?|adl|s3|gs|runs|dbfs|hdfs)://?", re.I)
COMMAND_LINE = "command line"
"""The source of what options and `--set` say."""

_YAML = (".yml", ".yaml")


def is_local(path: str) -> bool:
    """Whether a path of data or code lies on this machine."""
    return not path.startswith("azureml:") and not REMOTE.match(path) and "${{" not in path


def local_path(path: str, folder: Path) -> Path:
    """The file or folder that a path in a YAML file of that folder means."""
    return Path(os.path.normpath(folder / path.removeprefix("file:")))


def check_local(node: Scalar, what: str, context: Context) -> bool:
    """Whether a local file or folder is there; complains when not, naming one that is nearly it."""
    path = local_path(node.value, context.folder)
    if path.exists():
        return True
    close = near_file(path, node.value)
    help = f"paths begin in {context.folder}" if node.span.source.name == COMMAND_LINE else ""
    context.found.append(complaints.file_missing(what, node, shown(path), close, help=help))
    return False


def near_file(path: Path, written: str) -> str | None:
    """What a missing file was probably meant to be, as the user would write it.

    The first part of the path that is not there is compared with what stands in its place.
    """
    from penstock.language.diagnostics import nearest

    missing = path
    while not missing.parent.is_dir() and missing.parent != missing:
        missing = missing.parent
    if not missing.parent.is_dir():
        return None
    suffixes = _YAML if missing.suffix in _YAML else (missing.suffix,)
    others = {o.stem: o for o in missing.parent.iterdir() if o.suffix in suffixes}
    close = nearest(missing.stem, others)
    if close is None:
        return None
    meant = others[close] / path.relative_to(missing)
    if Path(written).is_absolute():
        return str(meant) if meant.exists() else None
    base = Path(str(path).removesuffix(os.path.normpath(written.removeprefix("file:"))))
    return _written_like(os.path.relpath(meant, base), written) if meant.exists() else None


def _written_like(path: str, written: str) -> str:
    return f"./{path}" if written.startswith("./") else path


def shown(path: Path) -> str:
    """A path as the user would type it: from the folder they are in, unless that is far away."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("../../../") else relative


def read_mapping(path: Path, node: Scalar, what: str, context: Context) -> Mapping | None:
    """The mapping in a YAML file that `node` names; complains where it holds none, in the file."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        context.found.append(complaints.unusable(what, node, "is not UTF-8 text"))
        return None
    except OSError:
        context.found.append(complaints.unusable(what, node, "is no file that can be read"))
        return None
    document = parse(Source(shown(path), text), anchors=True)
    context.found.extend(document.diagnostics)
    root = document.root
    if isinstance(root, Mapping):
        return root
    if not document.diagnostics:
        held = phrases.describe(root) if root is not None else "nothing"
        context.found.append(complaints.unusable(what, node, f"holds {held}, not a mapping"))
    return None
