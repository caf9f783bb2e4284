"""Records: what they share with the data classes of the standard library."""

import copy
import pickle
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType

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
class Deep:
    """A record with fields that are made anew for each, and one without a default after them."""

    inner: list[str] = field(default_factory=list)
    outer: dict[str, int] = field(default_factory=dict)
    depth: int


@record
class Checked:
    """A record that looks at itself once it is made."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is more than high")


@record(frozen=False)
class State:
    """A record that changes."""

    phase: str


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
        (Deep(depth=1), Deep(depth=1), True),
        (Deep(depth=1), Deep(depth=1, inner=["x"]), False),
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
    deep = Deep(inner=["a"], depth=2)
    assert replace(deep, depth=7) == Deep(inner=["a"], depth=7)
    assert copy.deepcopy(deep) == deep
    assert pickle.loads(pickle.dumps(deep)) == deep


def test_what_is_made_for_one_record_is_not_shared():
    Deep(depth=1).inner.append("x")
    assert Deep(depth=1) == Deep(depth=1, inner=[], outer={})
    assert [one.name for one in fields(Deep)] == ["inner", "outer", "depth"]


def test_it_looks_at_itself_once_it_is_made():
    assert Checked(low=1, high=2).high == 2
    with pytest.raises(ValueError, match="low is more"):
        Checked(low=2, high=1)


@pytest.mark.parametrize("given", [{}, {"name": "a", "other": 1}, {"line": 1}])
def test_it_names_a_field_that_is_missing_or_unknown(given):
    with pytest.raises(TypeError, match=r"__init__\(\).*'(name|other)'"):
        Place(**given)


@pytest.mark.parametrize("value", [[], {}, set()])
def test_it_has_no_default_that_all_records_would_change(value):
    with pytest.raises(TypeError, match="names: all records would share this value"):

        @record
        class Shared:
            names: object = value


def test_a_mapping_that_nobody_can_change_is_a_default():
    nothing = MappingProxyType({})

    @record
    class Open:
        other: object = nothing

    assert Open().other is nothing
    assert [one.name for one in fields(Open)] == ["other"]
    assert replace(Open(), other=1) == Open(other=1)


def test_it_inherits_from_no_other_record():
    with pytest.raises(TypeError, match="Child: a record has no fields of another class"):

        @record
        class Child(Place):
            depth: int


def test_it_takes_names_only_and_has_no_other_attributes():
    with pytest.raises(TypeError, match="positional"):
        Place("a")
    with pytest.raises(AttributeError):
        object.__setattr__(Place(name="a"), "other", 1)


def test_a_field_with_a_value_that_cannot_be_hashed_cannot_either():
    with pytest.raises(TypeError, match="unhashable"):
        hash(Pair([], 1))


def test_a_record_that_changes_has_no_hash():
    state = State(phase="queued")
    state.phase = "running"
    assert state == State(phase="running")
    with pytest.raises(TypeError, match="unhashable type: 'State'"):
        hash(state)


def test_matches_by_place():
    match Pair(1, 2):
        case Pair(left, right):
            assert (left, right) == (1, 2)


def test_a_method_of_the_class_itself_stays():
    assert repr(Named(name="x")) == "<x>"
    assert Named(name="x") == Named(name="x")
