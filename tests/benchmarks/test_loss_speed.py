"""Value and gradient of the loss, readable and fast: `make bench`; the whole table: `python -m lab.speed.record`."""

import pytest

from lab.speed.settings import short_settings


@pytest.mark.parametrize("setting", short_settings("loss"), ids=lambda setting: setting.name)
def test_loss(compare_ways, setting):
    compare_ways(setting)
