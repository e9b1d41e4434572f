"""A forward pass, plain and made ready for inference: `make bench`; the table: `python -m lab.speed.record`."""

import pytest

from lab.speed.settings import short_settings


@pytest.mark.parametrize("setting", short_settings("network"), ids=lambda setting: setting.name)
def test_network(compare_ways, setting):
    compare_ways(setting)
