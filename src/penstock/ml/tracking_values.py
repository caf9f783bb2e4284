"""Metrics, params, tags and names as MLflow allows them, with its limits and error codes.

Limits: the MLflow REST API documentation, "Request Limits" and "Log Batch".
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Sequence
from enum import StrEnum

from penstock.records import record

MOST_METRICS = 1000
MOST_PARAMS = 100
MOST_TAGS = 100
MOST_VALUES = 1000
MOST_BATCH_BYTES = 1_000_000
LONGEST_NAME = 250
LONGEST_PARAM = 6000
LONGEST_TAG = 8000
LONGEST_EXPERIMENT = 500
_WHOLE = 2**63

_NAME = re.compile(r"[/\w.\- :]*")
_MODEL_NAME_MARKS = frozenset("/:.%\"'")


class Code(StrEnum):
    """The words MLflow has for what went wrong."""

    INVALID_PARAMETER_VALUE = "INVALID_PARAMETER_VALUE"
    RESOURCE_DOES_NOT_EXIST = "RESOURCE_DOES_NOT_EXIST"
    RESOURCE_ALREADY_EXISTS = "RESOURCE_ALREADY_EXISTS"
    ENDPOINT_NOT_FOUND = "ENDPOINT_NOT_FOUND"
    NOT_IMPLEMENTED = "NOT_IMPLEMENTED"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    BAD_REQUEST = "BAD_REQUEST"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class TrackingError(Exception):
    """the tracking request cannot be done"""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@record(kw_only=False)
class Metric:
    """One value of a metric. `time` is in milliseconds since 1970; `value` may be no number at all.

    `model` is the logged model it speaks of, `dataset` the name and digest of the data, if any.
    """

    name: str
    value: float
    time: int
    step: int = 0
    model: str = ""
    dataset: tuple[str, str] = ("", "")


def check_batch(
    metrics: Sequence[Metric],
    params: Sequence[tuple[str, str]],
    tags: Sequence[tuple[str, str]],
) -> None:
    """Refuse what is too much, named wrongly or too long, before anything is kept."""
    _check_count("metrics", len(metrics), MOST_METRICS)
    _check_count("params", len(params), MOST_PARAMS)
    _check_count("tags", len(tags), MOST_TAGS)
    _check_count("metrics, params, and tags", len(metrics) + len(params) + len(tags), MOST_VALUES)
    for index, metric in enumerate(metrics):
        check_metric(metric, f"metrics[{index}]." if len(metrics) > 1 else "")
    for index, (name, value) in enumerate(params):
        path = f"params[{index}]." if len(params) > 1 else ""
        check_name(name, f"{path}key")
        _check_length(f"{path}value", value, LONGEST_PARAM)
    for name, value in tags:
        check_tag(name, value)
    if len({name for name, _ in params}) != len(params):
        names = [name for name, _ in params]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise _invalid(f"Duplicate parameter keys have been submitted: {twice}.")


def check_metric(metric: Metric, path: str = "") -> None:
    """Refuse a metric whose name, time or step cannot be kept."""
    check_name(metric.name, f"{path}name")
    if not 0 <= metric.time < _WHOLE:
        raise invalid_value(f"{path}timestamp", metric.time, "it must be a nonnegative long.")
    if not -_WHOLE <= metric.step < _WHOLE:
        raise invalid_value(f"{path}step", metric.step, "it must be a long.")


def check_name(name: str, path: str = "key") -> None:
    """Refuse a name of a metric, param or tag that MLflow would not keep as a file."""
    if not name:
        raise invalid_value(path, name, "A key name must be provided.")
    if _NAME.fullmatch(name) is None:
        raise invalid_value(
            path,
            name,
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.),"
            " spaces ( ), colon(:) and slashes (/).",
        )
    normal = posixpath.normpath(name)
    if normal != name or normal == "." or normal.startswith(("..", "/")):
        raise invalid_value(
            path,
            name,
            f"Names may not lead elsewhere when they are paths of files, as '{name}' does.",
        )
    _check_length(path, name, LONGEST_NAME)


def check_tag(name: str, value: str) -> None:
    """Refuse a tag with a bad name or a value that is too long."""
    check_name(name)
    _check_length("value", value, LONGEST_TAG)


def check_experiment_name(name: str) -> None:
    """Refuse an empty or overlong name."""
    if not name.strip():
        raise _invalid(f"Invalid experiment name: '{name}'")
    _check_length("name", name, LONGEST_EXPERIMENT)


def check_model_name(name: str) -> None:
    """Refuse a name that a logged model cannot have; it is also the name of its folder."""
    if not name or not _MODEL_NAME_MARKS.isdisjoint(name) or "\\" in name or not name.isprintable():
        raise _invalid(
            f"Invalid model name ({name!r}) provided. Model name must be a non-empty string and"
            " cannot contain the following characters: / : . % \" '"
        )
    _check_length("name", name, LONGEST_NAME)


def invalid_value(path: str, value: object, reason: str) -> TrackingError:
    """The refusal of one value, which is shown as JSON."""
    shown = json.dumps(value, ensure_ascii=False)
    return _invalid(f"Invalid value {shown} for parameter '{path}' supplied: {reason}")


def _check_count(what: str, count: int, most: int) -> None:
    if count > most:
        raise _invalid(
            f"A batch logging request can contain at most {most} {what}. Got {count} {what}. "
            "Please split them up and try again."
        )


def _check_length(path: str, text: str, most: int) -> None:
    if len(text) > most:
        raise _invalid(f"'{path}' exceeds the maximum length of {most} characters")


def _invalid(message: str) -> TrackingError:
    return TrackingError(Code.INVALID_PARAMETER_VALUE, message)
