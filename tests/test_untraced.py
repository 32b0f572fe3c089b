"""What coverage is measured of."""

import sys

import pytest

from tests.untraced import untraced


def test_nothing_traces_what_is_untraced_and_all_is_as_before() -> None:
    """In a worker of pytest-xdist, too; without --cov nothing is traced at all."""
    before = sys.gettrace()
    with untraced():
        assert sys.gettrace() is None
    assert type(sys.gettrace()) is type(before)


@pytest.fixture
def trace_of_set_up() -> object:
    return sys.gettrace()


def test_set_up_of_a_test_is_not_traced(trace_of_set_up: object) -> None:
    assert trace_of_set_up is None


@pytest.mark.untraced
def test_test_that_is_marked_is_not_traced() -> None:
    assert sys.gettrace() is None
