"""Example tests of a pair of stores, one class per aggregate, for anybody to subclass.

A store passes when it behaves as MLflow's SQL store does. To test yours, override the fixture `stores` (see
`genesis_flow.testing.fixtures`) and subclass what you support:

    @pytest.fixture
    def stores():
        return Stores(tracking=MyTrackingStore(...), registry=MyRegistryStore(...))

    class TestExperiments(ExperimentsSuite):
        '''My store keeps experiments.'''

A known deviation is a test overridden with its reason, never a silent skip.
"""
