from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = open_house(tmp_path)
    yield house
    house.database.close()
