"""``neurontest models``: what can be named as a model, and what of it is here."""

from __future__ import annotations

import argparse

from neurontest.cli.saying import say, say_json, tell
from neurontest.cli.verb import Commands, cache_dir, takes_json, verb
from neurontest.errors import NeurontestError
from neurontest.settings import resolve


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "models",
        run,
        "List the models that can be named, or fetch one",
        "neurontest models",
        "neurontest models fetch smollm2-135m",
    )
    parser.add_argument("action", nargs="?", choices=("list", "fetch"), default="list", help="(default: list)")
    parser.add_argument("name", nargs="?", metavar="NAME", help="Model to fetch: built-in, or hub:org/name@revision")
    takes_json(parser)


def run(said: argparse.Namespace) -> int:
    """List, or fetch."""
    from neurontest.trace.models import builtin, convert, factory, hub
    from neurontest.trace.models.named import model_named as find

    cache = cache_dir()
    if (said.action == "fetch") != (said.name is not None):
        raise NeurontestError("say 'neurontest models', or 'neurontest models fetch NAME'")
    name = said.name or builtin.NAME
    if name != builtin.NAME and not name.startswith(hub.PREFIX):
        raise NeurontestError(f"{name!r} cannot be fetched; valid: {builtin.NAME}, {hub.FORM}")
    dtype, device = str(resolve("dtype", [])), str(resolve("device", []))
    model = find(name, cache_dir=cache, dtype=dtype, device=device, suite_folder=None, progress=tell)
    if said.action == "fetch":
        model.load()  # which fetches and converts it once, and shows that it can be loaded
    where = hub.parse(name).cached() if name != builtin.NAME else convert.home(cache, model.fingerprint)
    there = where is not None and where.is_dir()
    if said.json:
        forms = {"forms": [hub.FORM, "a folder with safetensors", "a .gguf file", factory.FORM]}
        told = {"name": model.name, "cached": there, "folder": str(where) if there else None}
        say_json({"models": [told], **(forms if said.action == "list" else {})})
        return 0
    if name != builtin.NAME:
        say(f"{model.name}: in {where}")
        return 0
    say(f"{model.name}: {'in' if there else 'not yet in'} the cache {cache}")
    if said.action == "list":
        say(f"also: {hub.FORM}, a folder with safetensors, a .gguf file")
        say(f"and, on the command line, in the ini file or a conftest.py alone: {factory.FORM}")
    return 0
