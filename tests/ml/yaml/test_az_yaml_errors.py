"""The whole text a user sees for a wrong file: `cases/NAME.yml` with `NAME.errors` beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from penstock.language.diagnostics import render
from penstock.ml.yaml import load
from penstock.ml.yaml.loading import check_registered_name

CASES = Path(__file__).with_name("cases")


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.errors")))
def test_messages(name: str) -> None:
    with working_in(CASES):
        loaded = load(f"{name}.yml")
        found = [*loaded.diagnostics]
        if loaded.kind is not None and loaded.kind.family == "component":
            found.extend(check_registered_name(loaded))
    wanted = (CASES / f"{name}.errors").read_text(encoding="utf-8")
    assert render(found) + "\n" == wanted


def test_a_right_component_has_no_messages() -> None:
    with working_in(CASES):
        assert load("clean_component.yml").diagnostics == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("none.yml", '"none.yml" cannot be read: there is no such file'),
        ("src", '"src" cannot be read: it is a folder'),
    ],
)
def test_a_file_that_cannot_be_read_is_a_message(path: str, text: str) -> None:
    with working_in(CASES):
        loaded = load(path)
    assert [diagnostic.message for diagnostic in loaded.diagnostics] == [text]
    assert loaded.kind is None and loaded.has_errors


def test_a_file_that_is_not_text_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_bytes(b"\xff\xfe\x00")
    (diagnostic,) = load(tmp_path / "a.yml").diagnostics
    assert diagnostic.message.endswith('a.yml" cannot be read: it is not UTF-8 text')


def test_deep_nesting_and_alias_bombs_are_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.yml").write_text("a: " + "[" * 50_000 + "]" * 50_000, encoding="utf-8")
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    (tmp_path / "bomb.yml").write_text(bomb, encoding="utf-8")
    for name in ("deep.yml", "bomb.yml"):
        assert load(tmp_path / name).has_errors
