"""``neurontest init``: a suite to begin with."""

from __future__ import annotations

import argparse
import shutil
from importlib.resources import as_file, files
from pathlib import Path

from neurontest.cli.saying import say
from neurontest.cli.verb import Commands, verb
from neurontest.errors import NeurontestError


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(commands, "init", run, "Write a small suite to begin with", "neurontest init first")
    parser.add_argument("folder", metavar="DIR", type=Path, help="Folder to write; must be new or empty")


def run(said: argparse.Namespace) -> int:
    """Copy the starter."""
    folder: Path = said.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "is not empty" if folder.is_dir() else "is a file"
        raise NeurontestError(f"{folder} {what}; name a folder that is new or empty")
    with as_file(files("neurontest") / "starter") as starter:
        shutil.copytree(starter, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    say(f"{folder} holds a suite now: read {folder / 'suite.yaml'}, then run 'pytest --concept-specs {folder}'")
    return 0
