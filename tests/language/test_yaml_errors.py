"""What is wrong with a YAML text, as users read it: `cases/yaml/NAME.yml` and `NAME.errors`.

The words are ours; where the service's words are known they are kept as well, and tested here.
"""

from pathlib import Path

import hypothesis.strategies as st
import pytest
import yaml as pyyaml
from hypothesis import given, settings

from penstock.language.diagnostics import render
from penstock.language.source import Source, decode
from penstock.language.yaml import Limits, Mapping, Scalar, Sequence, parse, to_python

CASES = sorted((Path(__file__).parent / "cases" / "yaml").glob("*.yml"))


def faults(text, **options):
    return parse(Source("a.yml", text), **options).diagnostics


def brief(text, **options):
    return [f"{d.span} {d.code} {d.message}" for d in faults(text, **options)]


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_case(case):
    text = case.read_bytes().decode()
    shown = render(parse(Source(case.name, text)).diagnostics)
    assert shown + "\n" == case.with_suffix(".errors").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "service_text"),
    [
        # measured on the service
        ("a: &x 1", "Anchors are not currently supported. Remove the anchor 'x'"),
        ("a: *x", "Anchors are not currently supported. Remove the anchor 'x'"),
        ("a: 1\nA: 2", "'A' is already defined"),
        ("a: 1\n---\nb: 2", "Expected stream end parse event"),
        # the words of libyaml, of which the service's parser is a port
        (
            "a: @b",
            "While scanning for the next token, found character that cannot start any token.",
        ),
        ("a: b: c", "Mapping values are not allowed in this context."),
        ("a: 1\n b\nc", "While scanning a simple key, could not find expected ':'."),
        # resources of the SDK
        ("[[[a]]]", "Maximum object depth exceeded"),
        ("? [a]\n: b", "Expected a scalar value"),
    ],
)
def test_the_words_of_the_service_are_kept(text, service_text):
    assert [d.service_text for d in faults(text, limits=Limits(depth=2))] == [service_text]


def test_every_fault_of_the_tree_is_reported_at_once_in_order():
    text = "a: &x 1\nb: {c: 1, C: 2}\nd: !own e\n? [f]\n: g\nA: *x\n"
    assert brief(text) == [
        'a.yml:1:4 PS1011 YAML anchors are not supported here: "&x"',
        'a.yml:2:11 PS1012 "C" is already defined in this mapping (case is ignored)',
        'a.yml:3:4 PS1013 the YAML tag "!own" is not supported',
        "a.yml:4:3 PS1014 a key must be text, and this is a list",
        'a.yml:6:1 PS1012 "A" is already defined in this mapping (case is ignored)',
        'a.yml:6:4 PS1011 YAML aliases are not supported here: "*x"',
    ]


def test_a_repeated_key_points_at_the_first_and_drops_the_second():
    document = parse(Source("a.yml", "x: 1\ny:\n  k: 1\n  K: 2\n"))
    (fault,) = document.diagnostics
    assert [str(related.span) for related in fault.related] == ["a.yml:3:3"]
    assert to_python(document.root) == {"x": 1, "y": {"k": 1}}


def test_an_unknown_alias_names_the_nearest_anchor():
    (fault,) = faults("a: &base 1\nb: *bse\n", anchors=True)
    assert (fault.message, fault.help) == (
        'there is no anchor "&bse" before this alias',
        'did you mean "*base"?',
    )


def test_a_value_cannot_contain_itself():
    assert brief("a: &a\n  b: [*a]\n", anchors=True) == [
        'a.yml:2:7 PS1015 the alias "*a" stands inside the value it refers to'
    ]


def test_an_anchor_is_defined_once():
    (fault,) = faults("a: &x 1\nb: &x 2\n", anchors=True)
    assert fault.message == 'the anchor "&x" is already defined in this file'
    assert [str(fault.span), str(fault.related[0].span)] == ["a.yml:2:4", "a.yml:1:4"]


def test_only_mappings_merge():
    assert brief("a: &a 1\nb: {<<: *a}\nc: {<<: [{d: 1}, 2]}\n", anchors=True) == [
        'a.yml:1:4 PS1016 a merge key ("<<") takes a mapping or a list of mappings',
        'a.yml:3:18 PS1016 a merge key ("<<") takes a mapping or a list of mappings',
    ]


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        (b"a: \xff\n", "this file is not UTF-8 text: found 0xff", "a.yml:1:4"),
        (b"a: 1\r\nb: \xc3\xa9\xe9\n", "this file is not UTF-8 text: found 0xe9", "a.yml:2:5"),
        ("a: b".encode("utf-16"), "this file is not UTF-8 text: found UTF-16", "a.yml:1:1"),
    ],
)
def test_a_file_that_is_not_utf8_is_refused_with_its_place(data, message, place):
    _source, fault = decode(data, "a.yml")
    assert (fault.code, fault.message, str(fault.span)) == ("PS1001", message, place)
    assert render([fault])


def test_utf16_without_a_mark_has_characters_that_yaml_refuses():
    source, fault = decode("a: b".encode("utf-16-le"), "a.yml")
    assert fault is None
    assert [d.code for d in parse(source).diagnostics] == ["PS1002"]


@pytest.mark.parametrize("text", ["a: \x00", "a: b\x1bc", "a: \x7f", "a: \ud800", "\ufffe"])
def test_control_characters_are_refused_and_never_printed(text):
    (fault,) = faults(text)
    assert fault.code == "PS1002"
    assert render([fault]).isprintable() or "\n" in render([fault])
    assert not set(render([fault])) & {"\x00", "\x1b", "\x7f", "\ud800"}


# Hostile texts (each ends at a limit, however large it is).
NESTED = 50_000
TOO_DEEP = "PS1004 lists and mappings are nested more than 100 levels deep"
TOO_MANY = "PS1005 this file holds more than 500,000 YAML parts, with aliases expanded"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "[" * NESTED,
            f"a.yml:1:101 {TOO_DEEP}",
        ),
        (
            "- " * NESTED,
            f"a.yml:1:201 {TOO_DEEP}",
        ),
        (
            "? " * NESTED,
            f"a.yml:1:201 {TOO_DEEP}",
        ),
        (
            "{a: " * NESTED,
            f"a.yml:1:401 {TOO_DEEP}",
        ),
        (
            "\n".join(" " * depth + "a:" for depth in range(200)),
            f"a.yml:101:101 {TOO_DEEP}",
        ),
        (
            "x" * 5_000_000,
            "a.yml:1:1 PS1003 this file has 5,000,000 characters, of at most 4,000,000",
        ),
        (
            "".join(f"k{number}: v\n" for number in range(300_000)),
            f"a.yml:250000:10 {TOO_MANY}",
        ),
        (
            "[" + "a," * 600_000 + "]",
            f"a.yml:1:1000000 {TOO_MANY}",
        ),
    ],
    ids=["brackets", "dashes", "complex-keys", "braces", "indentation", "scalar", "keys", "items"],
)
def test_a_hostile_text_is_refused_with_its_place(text, fault):
    assert brief(text, anchors=True) == [fault]


def test_aliases_of_aliases_are_counted_as_what_they_stand_for():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert brief("\n".join(lines), anchors=True) == [f"a.yml:6:20 {TOO_MANY}"]


def test_merges_of_merges_are_counted_too():
    lines = ["a0: &a0 {k: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 50)}]}}" for n in range(1, 10)]
    assert [d.code for d in faults("\n".join(lines), anchors=True)] == ["PS1005"]


def test_after_500_faults_no_more_are_sought():
    for anchors in (False, True):
        found = faults("a: 1\n" * 10_000, anchors=anchors)
        assert [d.code for d in found] == ["PS1012"] * 500 + ["PS1019"]
        assert str(found[-1].span) == "a.yml:501:1"
        assert parse(Source("a.yml", "a: 1\n" * 10_000), anchors=anchors).root is None


def test_a_hundred_levels_are_read():
    assert faults("[" * 100 + "]" * 100) == ()


characters = st.text(st.sampled_from("ab:-?[]{},&*!|>'\"%@`#<= \t\n\r\\0~é\u2028\x85\ufeff\x00"))


@given(characters | st.text(), st.booleans())
def test_any_text_becomes_a_tree_or_located_faults(text, anchors):
    document = parse(Source("a.yml", text), anchors=anchors)
    assert bool(render(document.diagnostics)) == bool(document.diagnostics)
    for fault in document.diagnostics:
        assert fault.span is not None
        assert fault.span.line >= 1
        assert fault.span.column >= 1


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=20,
)


@settings(deadline=None)
@given(documents, st.booleans(), st.booleans())
def test_what_pyyaml_writes_is_read_as_safe_load_reads_it(value, flow, unicode):
    text = pyyaml.safe_dump(value, default_flow_style=flow, allow_unicode=unicode)
    document = parse(Source("a.yml", text), anchors=True)
    assert document.diagnostics == ()
    assert to_python(document.root) == pyyaml.safe_load(text)


@given(documents)
def test_every_place_lies_within_its_parent(value):
    text = pyyaml.safe_dump(value)
    root = parse(Source("a.yml", text), anchors=True).root

    def check(node, outer):
        span = node.span
        assert outer[0] <= (span.line, span.column) <= (span.end_line, span.end_column) <= outer[1]
        inner = ((span.line, span.column), (span.end_line, span.end_column))
        match node:
            case Sequence():
                children = node.items
            case Mapping():
                children = [part for entry in node.entries for part in (entry.key, entry.value)]
            case Scalar():
                children = ()
        for child in children:
            check(child, inner)

    check(root, ((1, 1), (10**9, 1)))
