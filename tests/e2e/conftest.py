"""Fixtures of the end-to-end tests."""

import pytest

from tests.e2e.system import System


@pytest.fixture
def system(tmp_path):
    """Make installations on a broker; whatever still runs at the end is killed."""
    made = []

    def make(brokers, **settings):
        made.append(System(tmp_path, brokers, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
