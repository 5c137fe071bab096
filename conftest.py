"""The repository's own set-up of pytest; imported by nobody."""

pytest_plugins = ["pytester"]
