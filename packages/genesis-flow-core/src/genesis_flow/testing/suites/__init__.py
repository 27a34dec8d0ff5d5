"""Example tests of a pair of stores, one class per aggregate, for anybody to subclass.

A store passes when it behaves as MLflow's SQL store does. To test yours, override the fixture `stores` (see
`genesis_flow.testing.fixtures`) and subclass what you support:

    @pytest.fixture
    def stores():
        return Stores(tracking=MyTrackingStore(...), registry=MyRegistryStore(...))

    class TestRunLife(RunLifeSuite):
        '''Runs of my store.'''

or take all of them at once, also those that a later release brings:

    globals().update(every_suite())

A known deviation is a test overridden with its reason, never a silent skip.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules


def every_suite() -> dict[str, type]:
    """Return a test class for each suite, by name, as a test module would define them."""
    tests: dict[str, type] = {}
    for module in iter_modules(__path__):
        contents = vars(import_module(f"{__name__}.{module.name}"))
        for name, suite in contents.items():
            if name.endswith("Suite"):
                test = "Test" + name.removesuffix("Suite")
                tests[test] = type(test, (suite,), {"__doc__": suite.__doc__})
    return tests
