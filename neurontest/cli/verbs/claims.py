"""``neurontest claims``: every sentence that a claim may have, and what it means."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from neurontest.cli.saying import fitted, say, say_json
from neurontest.cli.verb import Commands, takes_json, verb
from neurontest.errors import NeurontestError

if TYPE_CHECKING:
    from neurontest.claims.base import Kind


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "claims",
        run,
        "List every sentence that a claim may have, with what it means and examples to copy",
        "neurontest claims",
        "neurontest claims ceiling      # those with this word in a sentence",
    )
    parser.add_argument("word", nargs="?", metavar="WORD", help="Only kinds in whose name or sentences this stands")
    takes_json(parser)


def run(said: argparse.Namespace) -> int:
    """Print the kinds."""
    from neurontest.kinds import kinds

    chosen = [kind for kind in kinds() if said.word is None or _has(kind, said.word.lower())]
    if not chosen:
        raise NeurontestError(f"no kind of claim has {said.word!r} in it; 'neurontest claims' lists all")
    if said.json:
        say_json([_told(kind) for kind in chosen])
        return 0
    for number, kind in enumerate(chosen):
        if number:
            say("")
        for line in _lines(kind):
            say(line)
    return 0


def _has(kind: Kind, word: str) -> bool:
    from neurontest.claims.grammar import form, others

    return any(word in text.lower() for text in (kind.name, form(kind), *others(kind)))


def _lines(kind: Kind) -> list[str]:
    from neurontest.claims.examples import examples
    from neurontest.claims.grammar import form, others

    out = [*(fitted(one) for one in (form(kind), *others(kind)))]
    out.append(fitted(f"    {kind.summary}."))
    for slot in kind.slots:
        if slot.optional:
            # Of words to choose from the help speaks by themselves.
            named = slot.help if slot.choices else f"{slot.name}: {slot.help}"
            out.append(fitted(f"    {named}", "        "))
    prompts = f"{kind.minimum}, better {kind.advised}" + (f" ({kind.besides})" if kind.besides else "")
    out.append(fitted(f"    kind: {kind.name}; prompts a concept: {prompts}"))
    out += [fitted(f"    - {one}", "        ") for one in examples(kind)]
    return out


def _told(kind: Kind) -> dict[str, Any]:
    from neurontest.claims.examples import examples
    from neurontest.claims.grammar import form, others

    return {
        "kind": kind.name,
        "means": kind.summary,
        "sentences": [form(kind), *others(kind)],
        "examples": list(examples(kind)),
        "slots": {
            slot.name: {
                "holds": slot.holds,
                "optional": slot.optional,
                "help": slot.help,
                **({"choices": list(slot.choices)} if slot.choices else {}),
            }
            for slot in kind.slots
        },
        "prompts": {"needed": kind.minimum, "advised": kind.advised, "besides": kind.besides},
    }
