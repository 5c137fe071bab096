"""The pytest plugin: a door to the house, and the only folder that imports pytest.

:mod:`~neurontest.plugin.hooks` is what pytest loads. Nothing here imports numpy, torch or a YAML parser before a suite
is collected or run, since pytest loads the plugin in every run of every project in whose environment it is installed.
"""
