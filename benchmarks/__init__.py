"""How fast Genesis-Flow is, as ratios against honest rivals on the same machine.

Run it from the root of the repository: ``python -m benchmarks --help``.
"""
