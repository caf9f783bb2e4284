"""Limits and names: MLflow's REST API documentation, "Log Batch" and "Request Limits"."""

import pytest

from penstock.ml.tracking_values import (
    Code,
    Metric,
    TrackingError,
    check_batch,
    check_experiment_name,
    check_model_name,
    check_name,
)

_ELSEWHERE = "Names may not lead elsewhere when they are paths of files, as '"


@pytest.mark.parametrize(
    "name",
    ["loss", "val/loss", "a b", "a.b-c_d:e", "日本", "ünï", "1", "a/b.c", "x" * 250, ".a", "a.."],
)
def test_a_name_may_be_the_path_of_a_file(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "A key name must be provided."),
        ("a$b", "Names may only contain"),
        ("a\nb", "Names may only contain"),
        ("a\0b", "Names may only contain"),
        ("a\\b", "Names may only contain"),
        ("🚀", "Names may only contain"),
        ("..", _ELSEWHERE),
        (".", _ELSEWHERE),
        ("../x", _ELSEWHERE),
        ("a/../b", _ELSEWHERE),
        ("a//b", _ELSEWHERE),
        ("..a", _ELSEWHERE),
        ("./a", _ELSEWHERE),
        ("a/", _ELSEWHERE),
        ("/a", _ELSEWHERE),
        ("x" * 251, "'key' exceeds the maximum length of 250 characters"),
    ],
)
def test_any_other_name_is_refused(name: str, reason: str) -> None:
    with pytest.raises(TrackingError) as refused:
        check_name(name)
    assert refused.value.code is Code.INVALID_PARAMETER_VALUE
    assert reason in refused.value.message


def metrics(count: int) -> list[Metric]:
    return [Metric(f"m{n}", 1.0, 1) for n in range(count)]


def pairs(count: int) -> list[tuple[str, str]]:
    return [(f"k{n}", "v") for n in range(count)]


def test_a_batch_within_the_limits_is_taken() -> None:
    check_batch(metrics(1000), [], [])
    check_batch(metrics(800), pairs(100), pairs(100))
    check_batch([Metric("m", float("nan"), 0, -5)], [("k", "v" * 6000)], [("k", "v" * 8000)])
    check_batch([], [], [])


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ((metrics(1001), [], []), "at most 1000 metrics. Got 1001 metrics."),
        (([], pairs(101), []), "at most 100 params. Got 101 params."),
        (([], [], pairs(101)), "at most 100 tags. Got 101 tags."),
        ((metrics(900), pairs(100), pairs(1)), "at most 1000 metrics, params, and tags. Got 1001"),
        (
            ([], [("a", "1"), ("a", "1")], []),
            "Duplicate parameter keys have been submitted: ['a'].",
        ),
        (([], [("a", "v" * 6001)], []), "'value' exceeds the maximum length of 6000 characters"),
        (([], [], [("a", "v" * 8001)]), "'value' exceeds the maximum length of 8000 characters"),
        (([Metric("m", 1, -1)], [], []), "Invalid value -1 for parameter 'timestamp' supplied"),
        (([Metric("m", 1, 2**63)], [], []), "parameter 'timestamp' supplied"),
        (([Metric("m", 1, 1, 2**63)], [], []), "parameter 'step' supplied"),
        (([*metrics(1), Metric("a$", 1, 1)], [], []), "parameter 'metrics[1].name' supplied"),
    ],
)
def test_a_batch_over_a_limit_is_refused_whole(batch, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TrackingError) as refused:
        check_batch(*batch)
    assert message in refused.value.message


@pytest.mark.parametrize("name", ["", "   ", "x" * 501])
def test_an_experiment_needs_a_name_of_at_most_500_characters(name: str) -> None:
    with pytest.raises(TrackingError):
        check_experiment_name(name)


@pytest.mark.parametrize(
    "name", ["", "a/b", "a:b", "a.b", "..", "a%2e", 'a"b', "a'b", "a\\b", "a\0b", "x" * 251]
)
def test_the_name_of_a_logged_model_is_one_folder(name: str) -> None:
    with pytest.raises(TrackingError):
        check_model_name(name)
