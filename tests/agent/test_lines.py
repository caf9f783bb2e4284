"""Lines as .NET's ReadLine cuts them, which the Azure agent reads programs with."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.agent.lines import PIECE, LineCutter


def cut(*chunks):
    lines, pieces = [], []
    cutter = LineCutter(lines.append, pieces.append)
    for chunk in chunks:
        cutter.feed(chunk)
    cutter.close()
    return lines, pieces


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([b"a\nb\n"], ["a", "b"]),
        ([b"a\nb"], ["a", "b"]),
        ([b"a\r\nb"], ["a", "b"]),
        ([b"a\r", b"\nb\n"], ["a", "b"]),
        ([b"a\r", b"b\n"], ["a", "b"]),
        ([b"10%\r20%\r30%\n"], ["10%", "20%", "30%"]),
        ([b"\n\n"], ["", ""]),
        ([b"\r\n\r\n"], ["", ""]),
        ([b"a\r", b"", b"\n\nb"], ["a", "", "b"]),
        ([], []),
        ([b""], []),
        ([b"a", b"b", b"c\n"], ["abc"]),
        ([b"\xc3", b"\xbc\n"], ["ü"]),
        ([b"a\xffb\n"], ["a\ufffdb"]),
        ([b"a\x00b\x0bc\x1cd\xe2\x80\xa8e\n"], ["a\x00b\x0bc\x1cd\u2028e"]),
    ],
)
def test_a_line_ends_at_newline_carriage_return_or_both(chunks, lines):
    assert cut(*chunks) == (lines, [])


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_where_the_bytes_are_cut_does_not_matter(data, cuts):
    edges = [0, *sorted(min(c, len(data)) for c in cuts), len(data)]
    chunks = [data[a:b] for a, b in pairwise(edges)]
    assert cut(*chunks) == cut(data)


@pytest.mark.parametrize("chunk", [1000, 65536, 10 * PIECE])
def test_a_long_line_comes_in_pieces_and_loses_nothing(chunk):
    data = ("ü€x" * PIECE).encode()
    lines, pieces = cut(*(data[i : i + chunk] for i in range(0, len(data), chunk)), b"\nnext\n")
    assert lines[1:] == ["next"]
    assert "".join([*pieces, lines[0]]).encode() == data
    assert all(len(piece.encode()) <= PIECE for piece in pieces)


def test_a_long_line_of_bytes_that_are_no_text_is_cut_all_the_same():
    lines, pieces = cut(b"\x80" * (PIECE + 10) + b"\n")
    assert len(pieces) == 1
    assert len(lines[0]) == 10
