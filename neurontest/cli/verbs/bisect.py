"""``neurontest bisect``: at which of several checkpoints a claim was lost."""

from __future__ import annotations

import argparse

from neurontest.cli.saying import say, tell
from neurontest.cli.verb import Commands, cache_dir, margin, verb
from neurontest.settings import resolve


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "bisect",
        run,
        "Say at which of several checkpoints a claim was lost",
        "neurontest bisect concept_specs/geography.yaml::hanoi-vietnam --good runs/step-100 --bad runs/step-900",
    )
    parser.add_argument(
        "claim", metavar="CLAIM", help="As pytest names it: concept_specs/geography.yaml::hanoi-vietnam"
    )
    parser.add_argument("--good", metavar="MODEL", required=True, help="A checkpoint at which it holds")
    parser.add_argument("--bad", metavar="MODEL", required=True, help="A later one, at which it is weakened or lost")
    parser.add_argument(
        "--among",
        metavar="WHERE",
        help="Folder of checkpoints, by name; file with one a line; or models or revisions of the hub, separated by"
        " commas (default: the folder that both lie in)",
    )
    parser.add_argument("--reference", metavar="REF", help="Hold against this one, not one recorded of the good one")
    parser.add_argument("--margin", metavar="MARGIN", help="What may be lost of the effect (default: 50%%)")
    parser.add_argument("--neurons", choices=("number", "match"), default="number", help="As --concept-against-neurons")
    parser.add_argument(
        "--checks", type=int, default=1, metavar="N", help="Others looked at on either side of it (default: 1)"
    )


def run(said: argparse.Namespace) -> int:
    """Search, and say what was found."""
    from neurontest.run.gate.bisect import Asked, Bisection
    from neurontest.run.gate.checkpoints import checkpoints

    names = checkpoints(said.good, said.bad, said.among)
    asked = Asked.node(
        said.claim,
        cache_dir=cache_dir(),
        dtype=str(resolve("dtype", [])),
        device=str(resolve("device", [])),
        margin=margin(said),
        neurons=said.neurons,
        reference=said.reference,
        checks=max(0, said.checks),
    )
    search = Bisection(asked, names, say, tell)
    found = search.search()
    for line in search.concluded(found):
        say(line)
    return int(not found.exact or bool(found.against))
