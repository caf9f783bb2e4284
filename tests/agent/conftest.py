import pytest

from penstock.agent.testing import machine_in


@pytest.fixture
def machine(tmp_path):
    """A machine whose folders nobody else uses."""
    return machine_in(tmp_path / "machine")
