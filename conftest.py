"""What every test of the repository may ask for: the private mongod of `genesis_flow.testing.fixtures`."""

pytest_plugins = ["genesis_flow.testing.fixtures"]
