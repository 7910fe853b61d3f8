"""What every test shares: the same luck each time, warnings as errors everywhere, soak tests only on demand."""

import os

import pytest
from hypothesis import HealthCheck, settings

# Processes that tests start hear warnings as errors too; not where `python -W` said something else.
os.environ.setdefault("PYTHONWARNINGS", "error")
os.environ.pop("FORCE_COLOR", None)
os.environ["NO_COLOR"] = "1"

settings.register_profile(
    "still", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("soak", parent=settings.get_profile("still"), max_examples=2_000)
settings.load_profile("still")


def pytest_addoption(parser):
    parser.addoption("--soak", action="store_true", default=False, help="also run the long tests marked soak")


def pytest_configure(config):
    if config.getoption("--soak"):
        settings.load_profile("soak")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--soak"):
        return
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.skip(reason="a long run: give --soak"))
