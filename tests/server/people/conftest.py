from collections.abc import Iterator
from pathlib import Path

import pytest
from peopleserver import PeopleServer, people_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PeopleServer]:
    with people_server(tmp_path) as server:
        yield server
