"""Records: what they share with the data classes of the standard library."""

import copy
import pickle
from dataclasses import dataclass, field, fields, replace

import pytest

from penstock.records import record


@record
class Place:
    """A record with defaults."""

    name: str
    line: int = 1
    tags: tuple[str, ...] = field(default=(), repr=False)


@record(kw_only=False)
class Pair:
    """A record that is made by place too."""

    left: int
    right: int


@record
class Child(Place):
    """A record that adds a field to another."""

    depth: int


@record
class Nothing:
    """A record without fields."""


@record
class Named:
    """A record with a text of its own."""

    name: str

    def __repr__(self) -> str:
        return f"<{self.name}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What a record is like."""

    name: str
    line: int = 1
    tags: tuple[str, ...] = field(default=(), repr=False)


def test_it_shows_and_hashes_as_a_data_class_does():
    ours, theirs = Place(name="a", tags=("x",)), Standard(name="a", tags=("x",))
    assert repr(ours) == repr(theirs).replace("Standard", "Place")
    assert [one.name for one in fields(ours)] == [one.name for one in fields(theirs)]
    assert hash(ours) == hash(theirs)
    assert {ours, Place(name="a", tags=("x",))} == {ours}


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (Place(name="a"), Place(name="a", line=1), True),
        (Place(name="a"), Place(name="b"), False),
        (Place(name="a"), Place(name="a", tags=("x",)), False),
        (Place(name="a"), Standard(name="a"), False),
        (Place(name="a"), Child(name="a", depth=1), False),
        (Child(name="a", depth=1), Child(name="a", depth=1), True),
        (Child(name="a", depth=1), Child(name="a", depth=2), False),
        (Pair(1, 2), Pair(left=1, right=2), True),
        (Pair(1, 2), (1, 2), False),
        (Nothing(), Nothing(), True),
        (Nothing(), None, False),
    ],
)
def test_it_equals_a_record_of_its_own_class_with_the_same_values(left, right, equal):
    assert (left == right) is equal
    assert (left != right) is not equal


def test_it_can_be_replaced_copied_and_pickled():
    child = Child(name="a", depth=2)
    assert replace(child, line=7) == Child(name="a", line=7, depth=2)
    assert copy.deepcopy(child) == child
    assert pickle.loads(pickle.dumps(child)) == child


def test_it_takes_names_only_and_has_no_other_attributes():
    with pytest.raises(TypeError, match="positional"):
        Place("a")
    with pytest.raises(AttributeError):
        object.__setattr__(Place(name="a"), "other", 1)


def test_a_field_with_a_value_that_cannot_be_hashed_cannot_either():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Pair([], 1))


def test_matches_by_place():
    match Pair(1, 2):
        case Pair(left, right):
            assert (left, right) == (1, 2)


def test_a_method_of_the_class_itself_stays():
    assert repr(Named(name="x")) == "<x>"
    assert Named(name="x") == Named(name="x")
