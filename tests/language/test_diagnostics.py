"""How diagnostics are shown: as text for people, as JSON, as SARIF 2.1.0."""

import re
from pathlib import Path

import pytest

import penstock
from penstock.language.codes import CODES
from penstock.language.diagnostics import nearest, render, summary, to_json, to_sarif
from penstock.language.source import Diagnostic, Related, Severity, Source, Span

PIPELINE = Source(
    "azure-pipelines.yml",
    "\n" * 16 + "  - template: jobs/train.yml\n    parameters: { enviroment: dev }\n",
)
TEMPLATE = Source("jobs/train.yml", "parameters:\n  environment: string\n  clusterSize: number\n")
UNKNOWN = Diagnostic(
    code="PS1203",
    message='unknown parameter "enviroment" for template jobs/train.yml',
    span=Span(PIPELINE, 18, 19, 18, 29),
    label="not declared",
    related=(
        Related(Span(TEMPLATE, 2, 3, 2, 14), "parameters declared here: environment, clusterSize"),
    ),
    help='did you mean "environment"?',
    service_text="Unexpected parameter 'enviroment'",
)


def at(text, line, column, end_line=None, end_column=None, **fields):
    span = Span(Source("a.yml", text), line, column, end_line or line, end_column or column + 1)
    return Diagnostic(**{"code": "PS1006", "message": "m", "span": span} | fields)


def shown(*arguments, **fields):
    return render([at(*arguments, **fields)]).splitlines()


def test_the_example_of_the_command_line_guide():
    assert render([UNKNOWN]) == (
        'error[PS1203]: unknown parameter "enviroment" for template jobs/train.yml\n'
        "  --> azure-pipelines.yml:18:19\n"
        "   |\n"
        "17 |   - template: jobs/train.yml\n"
        "18 |     parameters: { enviroment: dev }\n"
        "   |                   ^^^^^^^^^^ not declared\n"
        "   |\n"
        "  ::: jobs/train.yml:2:3  parameters declared here: environment, clusterSize\n"
        '   = help: did you mean "environment"?'
    )


def test_without_a_place_there_is_only_the_message():
    assert render([Diagnostic(code="PS1006", message="no file", help="name one")]) == (
        "error[PS1006]: no file\n  = help: name one"
    )


def test_several_are_set_apart_and_counted():
    warning = at("a\n", 1, 1, severity=Severity.WARNING)
    assert render([at("a\n", 1, 1), warning, at("a\n", 1, 1)]) == (
        "error[PS1006]: m\n --> a.yml:1:1\n  |\n1 | a\n  | ^\n\n"
        "warning[PS1006]: m\n --> a.yml:1:1\n  |\n1 | a\n  | ^\n\n"
        "error[PS1006]: m\n --> a.yml:1:1\n  |\n1 | a\n  | ^\n\n"
        "2 errors, 1 warning"
    )


def test_nothing_is_shown_as_nothing():
    assert render([]) == ""
    assert summary([]) == ""


def test_the_summary_counts_each_severity():
    notes = [at("a", 1, 1, severity=Severity.NOTE)] * 3
    assert summary([*notes, at("a", 1, 1)]) == "1 error, 3 notes"


def test_a_place_over_several_lines_is_marked_to_the_end_of_the_first():
    assert shown("a: |\n  x\n", 1, 4, 2, 4)[2:] == ["  |", "1 | a: |", "  |    ^"]
    assert shown("abc def\nghi\n", 1, 5, 2, 4)[-1] == "  |     ^^^"


def test_a_place_without_width_has_one_caret():
    assert shown("a:\n", 1, 3, 1, 3)[-1] == "  |   ^"


def test_tabs_take_four_columns():
    assert shown("\ta:\tb\n", 1, 5, 1, 6)[-2:] == ["1 |     a:    b", "  |           ^"]


def test_wide_characters_take_two_columns_and_combining_ones_none():
    assert shown("日本: x\n", 1, 5, 1, 6)[-2:] == ["1 | 日本: x", "  |       ^"]
    assert shown("日本: x\n", 1, 1, 1, 3)[-1] == "  | ^^^^"
    assert shown("e\u0301: x\n", 1, 5, 1, 6)[-1] == "  |    ^"


def test_a_long_line_is_cut_around_the_place():
    text = "a" * 200 + "HERE" + "b" * 200 + "\n"
    lines = shown(text, 1, 201, 1, 205)
    assert lines[-2] == "1 | …" + "a" * 29 + "HERE" + "b" * 65 + "…"
    assert lines[-1] == "  | " + " " * 30 + "^^^^"


def test_a_long_line_before_is_cut_in_the_same_columns():
    text = "x" * 300 + "\n" + "a" * 200 + "HERE\n"
    lines = shown(text, 2, 201, 2, 205)
    assert lines[-3] == "1 | …" + "x" * 98 + "…"
    assert lines[-2] == "2 | …" + "a" * 29 + "HERE"


def test_a_long_place_does_not_leave_the_line():
    lines = shown("a: " + "x" * 500 + "\n", 1, 4, 1, 504)
    assert max(map(len, lines)) <= 104


def test_lines_end_as_in_yaml():
    text = "a: 1\r\nb: \x85c: 2\rd: 3\n"
    assert shown(text, 4, 1, 4, 2)[-3:] == ["3 | c: 2", "4 | d: 3", "  | ^"]


def test_a_very_long_message_is_cut_as_the_service_cuts_it():
    (line,) = render([Diagnostic(code="PS1006", message="m" * 1000)]).splitlines()
    assert line == "error[PS1006]: " + "m" * 500 + "[...]"
    (entry,) = to_json([Diagnostic(code="PS1006", message="m" * 1000)])
    assert entry["message"] == "m" * 500 + "[...]"


def test_a_byte_order_mark_is_not_shown():
    assert shown("\ufeffa: 1\n", 1, 1)[-2:] == ["1 | a: 1", "  | ^"]


def test_a_line_that_does_not_exist_is_not_shown():
    assert shown("a\n", 9, 1) == ["error[PS1006]: m", " --> a.yml:9:1"]


def test_nothing_that_could_steer_the_terminal_is_shown():
    text = "a: \x1b[31m\u202eevil\n"
    lines = render([at(text, 1, 4, message="found \x1b]0;x\x07", label="\x9b2J", help="\x00")])
    assert not set(lines) & {"\x1b", "\x07", "\x9b", "\u202e", "\x00"}
    assert "1 | a: \ufffd[31m\ufffdevil" in lines


def test_a_source_of_another_repository_is_named_with_its_alias():
    span = Span(Source("x.yml", "a", repository="templates"), 1, 1, 1, 2)
    assert " --> x.yml@templates:1:1" in render([Diagnostic(code="PS1006", message="m", span=span)])


def test_colour_is_added_only_on_request():
    colored = render([UNKNOWN], color=True)
    assert colored.startswith("\x1b[1;31merror[PS1203]\x1b[0m\x1b[1m: unknown")
    assert "\x1b[1;31m^^^^^^^^^^ not declared\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render([UNKNOWN])


def test_json_says_all_that_is_known():
    assert to_json([UNKNOWN, Diagnostic(code="PS1006", message="m", severity=Severity.NOTE)]) == [
        {
            "code": "PS1203",
            "severity": "error",
            "message": 'unknown parameter "enviroment" for template jobs/train.yml',
            "file": "azure-pipelines.yml",
            "line": 18,
            "column": 19,
            "endLine": 18,
            "endColumn": 29,
            "label": "not declared",
            "related": [
                {
                    "message": "parameters declared here: environment, clusterSize",
                    "file": "jobs/train.yml",
                    "line": 2,
                    "column": 3,
                    "endLine": 2,
                    "endColumn": 14,
                }
            ],
            "help": 'did you mean "environment"?',
            "serviceText": "Unexpected parameter 'enviroment'",
        },
        {
            "code": "PS1006",
            "severity": "note",
            "message": "m",
            "file": None,
            "line": None,
            "column": None,
            "endLine": None,
            "endColumn": None,
            "label": None,
            "related": [],
            "help": None,
            "serviceText": None,
        },
    ]


def test_sarif_is_version_2_1_0():
    span = Span(Source("a b.yml", "x: y", repository="templates"), 1, 1, 1, 2)
    fault = Diagnostic(
        code="PS1012", message="m", span=span, help="h", related=(Related(span, "first"),)
    )
    region = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
    place = {
        "artifactLocation": {"uri": "a%20b.yml", "uriBaseId": "templates"},
        "region": region,
    }
    title, explanation = CODES["PS1012"]
    assert to_sarif([fault], version="1.2.3") == {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "penstock",
                        "version": "1.2.3",
                        "rules": [
                            {
                                "id": "PS1012",
                                "shortDescription": {"text": title},
                                "fullDescription": {"text": explanation},
                            }
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    {
                        "ruleId": "PS1012",
                        "ruleIndex": 0,
                        "level": "error",
                        "message": {"text": "m (h)"},
                        "locations": [{"physicalLocation": place}],
                        "relatedLocations": [
                            {"id": 1, "message": {"text": "first"}, "physicalLocation": place}
                        ],
                    }
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("word", "candidates", "expected"),
    [
        ("enviroment", ["environment", "clusterSize"], "environment"),
        ("DEPENDSON", ["dependsOn", "displayName"], "dependsOn"),
        ("stepz", ["stages", "steps", "jobs"], "steps"),
        ("xyz", ["steps", "jobs"], None),
        ("a", [], None),
    ],
)
def test_the_nearest_word(word, candidates, expected):
    assert nearest(word, candidates) == expected


def test_every_code_that_is_used_is_explained_and_every_one_explained_is_used():
    package = Path(penstock.__file__).parent
    texts = [path.read_text("utf-8") for path in package.rglob("*.py") if path.name != "codes.py"]
    used = {code for text in texts for code in re.findall(r'"(PS\d{4})"', text)}
    assert used == set(CODES)


def test_explanations_are_sentences():
    for code, (title, explanation) in CODES.items():
        assert re.fullmatch(r"PS(10|11|12|13|2\d|3\d|40)\d\d", code)
        assert not title.endswith("."), code
        assert title[0] == title[0].lower() or title[:2].isupper() or title[1].isupper(), code
        assert explanation.endswith("."), code
        assert 1 <= len(re.findall(r"[.?](?:\s|$)", explanation)) <= 4, code
