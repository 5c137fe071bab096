"""``neurontest check``: what is wrong with a suite, and what a run of it would trace."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurontest.cli.saying import fitted, say, say_json
from neurontest.cli.verb import Commands, takes_json, verb
from neurontest.errors import listing
from neurontest.text import plural

if TYPE_CHECKING:
    from neurontest.checking import Checked
    from neurontest.claims.suite import Suite


def add(commands: Commands) -> None:
    """Declare the verb."""
    parser = verb(
        commands,
        "check",
        run,
        "Say what is wrong with a suite, and what a run of it would trace",
        "neurontest check concept_specs",
        "neurontest check concept_specs/geography.yaml --json",
    )
    parser.add_argument("suite", metavar="SUITE", type=Path, help="Folder with a suite.yaml, or a .yaml file in it")
    takes_json(parser)


def run(said: argparse.Namespace) -> int:
    """Print the faults, or what the suite holds."""
    from neurontest.checking import check, would_trace

    found = check(said.suite)
    wrong = bool(found.suite is None or found.faults or found.elsewhere)
    if said.json:
        say_json(_told(found, sound=not wrong))
        return int(wrong)
    for warning in found.suite.warnings if found.suite else ():
        say(fitted(f"warning: {warning}"))
    if found.faults:
        # A hint is a line to copy, and stays one.
        for line in listing(found.faults).split("\n"):
            say(line if line.startswith("    ") else fitted(line))
    if found.elsewhere:
        say(f"{plural(found.elsewhere, 'fault')} in other files of the suite: neurontest check {said.suite.parent}")
    if found.suite is None or wrong:
        return 1
    own = [family for family in found.suite.families if family.file == said.suite.name and said.suite.is_file()]
    part = f"{plural(len(own[0].claims), 'claim')} of a suite that has " if own else ""
    say(fitted(f"{said.suite}: {part}{_contents(found.suite)}"))
    for name, chosen in _settings(found.suite).items():
        shown = ", ".join(f"{key}: {value}" for key, value in chosen.items())
        say(fitted(f"  {name}: {{{shown}}}"))
    say(fitted(f"  {would_trace(found.suite)}"))
    return 0


def _settings(suite: Suite) -> Mapping[str, Mapping[str, Any]]:
    sections = {"trace": suite.generation, "neurons": suite.selection, "statistics": suite.statistics}
    # A setting that is None is decided from the others.
    return {
        name: {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in vars(chosen).items()
            if value is not None
        }
        for name, chosen in sections.items()
    }


def _contents(suite: Suite) -> str:
    prompts = sum(len(concept.prompts) for concept in suite.concepts.values())
    neutral = len(suite.baseline.prompts) if suite.baseline else 0
    return (
        f"{plural(len(suite.claims), 'claim')} in {plural(len(suite.families), 'file')}, "
        f"{plural(len(suite.concepts), 'concept')} with {plural(prompts, 'prompt')}, {neutral} in the baseline, "
        f"model {suite.model}"
    )


def _told(found: Checked, *, sound: bool) -> dict[str, Any]:
    from neurontest.checking import would_trace

    suite = found.suite
    return {
        "sound": sound,
        "faults": [
            {
                "path": fault.path,
                "line": fault.line,
                "column": fault.column,
                "message": fault.message,
                "hints": list(fault.hints),
            }
            for fault in found.faults
        ],
        "faults_in_other_files": found.elsewhere,
        "warnings": list(suite.warnings) if suite else [],
        "suite": suite
        and {
            "model": suite.model,
            "claims": [
                {"file": claim.where.file, "line": claim.where.line, "id": claim.id, "claim": claim.sentence}
                for claim in suite.claims
            ],
            "concepts": {name: len(concept.prompts) for name, concept in suite.concepts.items()},
            "baseline": len(suite.baseline.prompts) if suite.baseline else 0,
            **_settings(suite),
            "would": would_trace(suite).removeprefix("would "),
        },
    }
