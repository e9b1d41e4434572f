"""One image clustered, readable and fast: `make bench`; the whole table: `python -m lab.speed.record`."""

import pytest

from lab.speed.settings import short_settings


@pytest.mark.parametrize("setting", short_settings("clustering"), ids=lambda setting: setting.name)
def test_clustering(compare_ways, setting):
    compare_ways(setting)
