"""The JSON Schema (draft-07) of a spec file, assembled from the settings and the kinds of claims.

One schema serves ``suite.yaml`` and the other files of a suite, so that an editor needs one line
(``# yaml-language-server: $schema=...``) whatever the file; what only ``suite.yaml`` may say is checked beside it.
``suite.schema.json`` is what :func:`text` returns.

``errorMessage`` says what a value must be, in words that follow its name: editors show it, and so do our faults.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from neurontest.claims.base import Kind
from neurontest.claims.grammar import NAME, NEURON, SHARE, form, others
from neurontest.claims.slots import Slot
from neurontest.kinds import kinds
from neurontest.settings import BY_NAME, SECTIONS, section
from neurontest.settings.setting import LEVELS, Level, Setting
from neurontest.spec import groups, published

#: Version of the format of spec files that this release reads.
FORMAT = 1
#: Keys that only suite.yaml may have.
SUITE_ONLY = ("neurontest", "model", "baseline")
#: Keys of a claim's mapping beside the slots of its kind.
CLAIM_KEYS = ("claim", "kind", "id", "tags", "skip", "xfail", *SECTIONS)
#: Slug of a claim's id: safe in a file name, in a pytest node id and in ``-k``.
SLUG = r"[a-z0-9][a-z0-9._-]*"
#: Tags become pytest marks, and so words of ``-m``.
TAG = r"[a-z][a-z0-9_]*"

#: Endings of the files that prompts are read from.
PROMPT_FILES = (".txt", ".json", ".jsonl", ".csv", ".tsv")
_FILES = f"{', '.join(PROMPT_FILES[:-1])} or {PROMPT_FILES[-1]}"

_NAME_MESSAGE = "must be the name of a concept: small letters, digits, '-' and '_', a letter first"


def allowed(name: str, level: Level) -> tuple[Setting, ...]:
    """List the settings of section `name` that may be said at `level`: those whose innermost place is not within it."""
    return tuple(setting for setting in section(name) if LEVELS.index(setting.level) <= LEVELS.index(level))


def assemble() -> dict[str, Any]:
    """Assemble the schema of a spec file as plain values. Not to be changed by the caller."""
    return _assembled(kinds())


@cache
def _assembled(known: tuple[Kind, ...]) -> dict[str, Any]:
    overrides = {name: _ref(name) for name in SECTIONS}
    model = BY_NAME["model"]
    model_help = "Built-in name, hub:org/name@revision, or a path inside the suite; only in suite.yaml"
    properties = {
        "neurontest": {
            "description": "Version of this format; required in suite.yaml, and said there only",
            "enum": [FORMAT],
            "errorMessage": f"must be {FORMAT}",
        },
        "model": _text(model_help, "must be a text", default=model.default),
        **overrides,
        "baseline": _baseline(),
        "concepts": _closed(
            "Concepts by name; shared by all files of the suite",
            {},
            propertyNames={"pattern": f"^{NAME}$", "errorMessage": _NAME_MESSAGE},
            additionalProperties=_ref("concept"),
        ),
        "claims": {
            "description": "What should be true; the claims of one file are corrected together",
            "type": "array",
            "items": _ref("claim"),
            "errorMessage": "must be a list of claims, each after '- '",
        },
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "neurontest spec",
        **_closed("A file of a neurontest suite: suite.yaml, or another *.yaml file beside it", properties),
        "definitions": {
            **{name: _section(name, "suite", f"Settings of {name}") for name in SECTIONS},
            **{f"claim_{name}": _section(name, "claim", f"Settings of {name}, for this claim") for name in SECTIONS},
            "concept": _concept(),
            "prompts": _prompts(),
            "claim": _claim(known),
        },
    }


def text() -> str:
    """Give the committed form of the schema."""
    return json.dumps(assemble(), indent=2, ensure_ascii=False) + "\n"


def _ref(name: str) -> dict[str, Any]:
    # In draft-07 what stands beside a $ref is ignored, so a description would be lost.
    return {"allOf": [{"$ref": f"#/definitions/{name}"}]}


def _closed(description: str, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "errorMessage": "must be a mapping",
    } | more


def _text(description: str, message: str, **more: Any) -> dict[str, Any]:
    return {"description": description, "type": "string", "minLength": 1, "errorMessage": message} | more


def _section(name: str, level: Level, description: str) -> dict[str, Any]:
    return _closed(
        description,
        {
            setting.key: setting.schema() | {"errorMessage": f"must be {setting.valid()}"}
            for setting in allowed(name, level)
        },
    )


def _concept() -> dict[str, Any]:
    return _closed(
        "A concept's prompts, or the neurons that were published for it",
        {"prompts": _ref("prompts"), "words": _words(), **published.schema()},
        oneOf=[{"required": ["prompts"]}, {"required": ["published"]}],
        dependencies={"out_of": ["published"], "head_size": ["published"]},
    )


def _baseline() -> dict[str, Any]:
    message = "must be a mapping with its 'prompts', such as {prompts: prompts/neutral.txt}"
    one = {"properties": {"prompts": _ref("prompts")}, "required": ["prompts"], "additionalProperties": False}
    return {
        "description": "Neutral prompts; only in suite.yaml. Or a list of two or more baselines: the first is the run's"
        " own, and every claim is tested again with each other one, to say with how many of them its verdict stands",
        "type": ["object", "array"],
        **one,
        "minItems": 2,
        "items": {"description": "A baseline", "type": "object", **one, "errorMessage": message},
        "errorMessage": f"{message}, or a list of two or more such",
    }


def _words() -> dict[str, Any]:
    return {
        "description": "Words of the concept, for claims that something makes it more likely to be named",
        "type": "array",
        "uniqueItems": True,
        "minItems": 1,
        "items": _text("A word or a few", "must be a text, without spaces around it", pattern=r"^\S(.*\S)?$"),
        "errorMessage": "must be a list of one or more words, each once",
    }


def _prompts() -> dict[str, Any]:
    prompt = _closed(
        "A prompt, or a mapping with its group",
        {
            "text": _text("The prompt", "must be a text"),
            "group": groups.schema(),
        },
        type=["string", "object"],
        minLength=1,
        required=["text"],
        errorMessage="must be a text",
    )
    endings = "|".join(suffix[1:] for suffix in PROMPT_FILES)
    file = {"pattern": rf"\.({endings})$", "errorMessage": f"must be the name of a {_FILES} file"}
    return {
        "description": f"Prompts, or a {_FILES} file beside this file, or a mapping that also says what of it is meant",
        "type": ["array", "string", "object"],
        "minItems": 1,
        "items": prompt,
        **file,
        "properties": {
            "file": _text("The file", file["errorMessage"], pattern=file["pattern"]),
            "column": _text("The column, or the key of JSON objects, that holds the prompts", "must be a text"),
            "group": _text("The column, or the key of JSON objects, that holds their groups", "must be a text"),
            "list": _text("The key of a .json file that holds the list, such as negative", "must be a text"),
        },
        "required": ["file"],
        "additionalProperties": False,
        "errorMessage": f"must be a list of one or more prompts, or the name of a {_FILES} file",
    }


def _claim(kinds: tuple[Kind, ...]) -> dict[str, Any]:
    examples = [sentence for kind in kinds for sentence in (form(kind), *others(kind))]
    slots: dict[str, Slot] = {slot.name: slot for kind in kinds for slot in kind.slots}
    properties = {
        "claim": _text("The claim as a sentence", "must be a sentence", examples=examples),
        "kind": {
            "description": "The claim as a mapping: its kind, with the kind's own keys beside it. "
            + "; ".join(f"{kind.name}: {kind.summary}" for kind in kinds),
            "enum": [kind.name for kind in kinds],
            "errorMessage": "must be one of " + ", ".join(kind.name for kind in kinds),
        },
        "id": _text(
            "Name of the claim in reports and for pytest -k (default: made from the sentence)",
            "must be a slug: small letters, digits, '.', '_' and '-', a letter or digit first",
            pattern=f"^{SLUG}$",
        ),
        "tags": {
            "description": "Become pytest marks, for -m",
            "type": "array",
            "uniqueItems": True,
            "items": _text("A tag", "must be small letters, digits and '_', a letter first", pattern=f"^{TAG}$"),
            "errorMessage": "must be a list of tags, each once, such as [slow]",
        },
        "skip": _text("Why the claim is not tested", "must be the reason, a text"),
        "xfail": {
            "description": "Why the claim is expected not to hold; or, for models by their names, on each of them",
            "type": ["string", "object"],
            "minLength": 1,
            "minProperties": 1,
            "propertyNames": {"minLength": 1, "errorMessage": "is no name of a model"},
            "additionalProperties": _text("Why it is expected not to hold on it", "must be the reason, a text"),
            "errorMessage": "must be the reason, a text, or a mapping from models to reasons",
        },
        **{name: _ref(f"claim_{name}") for name in SECTIONS},
        # The kinds say what these hold: one name may hold different things in two kinds.
        **{name: {"description": slot.help} for name, slot in slots.items()},
    }
    sentence = {
        "if": {"type": "object", "not": {"required": ["kind"]}},
        "then": {"required": ["claim"], "properties": dict.fromkeys(slots, False)},
    }
    return {
        "description": "A sentence, or a mapping with 'claim' (a sentence) or 'kind' (and the kind's own keys)",
        "type": ["string", "object"],
        "minLength": 1,
        "properties": properties,
        "additionalProperties": False,
        "allOf": [sentence, *(_kind(kind, slots) for kind in kinds)],
        "errorMessage": "must be a sentence, or a mapping with 'claim' or 'kind'",
        "examples": examples,
    }


def _kind(kind: Kind, slots: dict[str, Slot]) -> dict[str, Any]:
    own = {slot.name: _slot(slot) for slot in kind.slots}
    return {
        "if": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": kind.name}}},
        "then": {
            "description": kind.summary,
            "required": [slot.name for slot in kind.slots if not slot.optional],
            "properties": {"claim": False, **{name: own.get(name, False) for name in slots}},
        },
    }


def _slot(slot: Slot) -> dict[str, Any]:
    name = {"type": "string", "pattern": f"^{NAME}$", "errorMessage": _NAME_MESSAGE}
    if slot.holds == "concept":
        return name | {"description": slot.help}
    if slot.holds == "number":
        return {"description": slot.help, "type": "number", "minimum": 0, "errorMessage": "must be a number at least 0"}
    if slot.holds == "choice":
        message = "must be one of " + ", ".join(slot.choices)
        if len(slot.choices) == 1:
            message = f"must be '{slot.choices[0]}', or left out"
        return {"description": slot.help, "enum": list(slot.choices), "errorMessage": message}
    if slot.holds == "neuron":
        message = "must be the name of one neuron, such as L11.residual[756]"
        return {"description": slot.help, "type": "string", "pattern": f"^{NEURON}$", "errorMessage": message}
    if slot.holds == "amount":
        return {
            "description": slot.help,
            "type": ["number", "string"],
            "minimum": 0,
            "pattern": f"^{SHARE}$",
            "errorMessage": "must be a number of neurons, a share of k such as 40%, or '60% of the ceiling'",
        }
    few = {1: "one or more", 2: "two or more"}.get(slot.least, f"{slot.least} or more")
    several = {"type": "array", "items": name, "minItems": slot.least}
    if slot.least == 1:
        several |= {"type": ["array", "string"], "pattern": f"^{NAME}$"}
    return several | {"description": slot.help, "errorMessage": f"must be a list of {few} concepts"}
