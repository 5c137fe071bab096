"""A document against the schema: every error as one sentence at the place where its writer has to change something.

jsonschema reports an unknown key at the mapping around it; here each error lands on the stray key or value itself, says
what was found and what is valid, and where the same thing may be said if it may be said elsewhere.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Protocol

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from neurontest.claims.base import Kind
from neurontest.errors import Fault, SpecError
from neurontest.kinds import kind_named, kinds
from neurontest.settings import BY_NAME, SECTIONS, section
from neurontest.spec import published
from neurontest.spec.reading.source import Date, Document, Keys
from neurontest.spec.schema import FORMAT, SUITE_ONLY, assemble
from neurontest.text import quoted

#: What an item of a list is called.
_ITEMS = {
    "prompts": "a prompt",
    "published": "a published neuron",
    "claims": "a claim",
    "tags": "a tag",
    "seeds": "a seed",
    "baseline": "a baseline",
}
#: Keys of a claim whose values people write as prose, which YAML may take for something else.
_PROSE = ("claim", "skip", "xfail")
#: Valid words that a sentence lists, and among which the nearest is looked for; characters that are compared.
_LISTED, _SEARCHED, _COMPARED = 40, 500, 100


class _Validator(Protocol):
    def iter_errors(self, instance: object) -> Iterator[ValidationError]: ...


def check(document: Document, *, is_suite: bool) -> None:
    """Note in the document everything that the schema has against it, and what YAML made of its texts.

    Raises
    ------
    SpecError
        If it is of a later version: whatever else looks wrong may be right there.
    """
    value: Any = {} if document.value is None else document.value
    if isinstance(value, dict):
        version = value.get("neurontest")
        if is_suite and isinstance(version, int) and version > FORMAT:
            message = f"this spec needs a newer neurontest: it says {version}, and this release reads {FORMAT}"
            raise SpecError([Fault(document.shown, *document.position(("neurontest",)), message)])
        _check_place(document, value, is_suite=is_suite)
    unread = frozenset(document.broken)
    for error in _validator(kinds()).iter_errors(value):
        for keys, message, key in _sentences(document, error):
            if keys not in unread:
                document.complain(keys, message, key=key)
    for keys, node in document.nodes.items():
        if node.lost and isinstance(node.value, str) and _is_prose(keys):
            what = (
                "what follows '#' is a comment, and lost" if node.lost[0] == "#" else f"YAML takes {node.lost!r} away"
            )
            document.complain(keys, f"{what}; if it belongs to the text, quote it, else move it to a line of its own")


def shown(value: object) -> str:
    """Show a value in a sentence, shortened."""
    if isinstance(value, str):
        return quoted(value)
    if value is None:
        return "nothing"
    if isinstance(value, (bool, int, float)):
        return str(value).lower()
    if value == []:
        return "an empty list"
    return {dict: "a mapping", list: "a list", Date: "a date"}[type(value)]


def did_you_mean(word: str, valid: Iterable[str], *, crowded: bool = False) -> str:
    """End a sentence about an unknown word: the nearest valid one, if there is one, and all of them.

    Nothing is looked for where the faults are `crowded`, nor among more words than anyone reads.
    """
    valid = list(valid)
    if crowded:
        return ""
    guess = nearest(word, valid)
    more = f" and {len(valid) - _LISTED:,} more" if len(valid) > _LISTED else ""
    return (f"; did you mean {guess!r}?" if guess else ";") + f" valid: {', '.join(valid[:_LISTED]) or 'none'}{more}"


def nearest(word: str, valid: Iterable[str]) -> str | None:
    """The valid word that is most like `word`, if one is like it."""
    close = difflib.get_close_matches(word[:_COMPARED], list(valid)[:_SEARCHED], n=1, cutoff=0.6)
    return close[0] if close else None


@cache
def _validator(known: tuple[Kind, ...]) -> _Validator:
    def whole(validator: Any, pattern: str, value: object, schema: object) -> Iterator[ValidationError]:
        # "$" of Python, unlike that of JSON Schema, also matches before a final line break.
        if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value):
            yield ValidationError(f"{value!r} does not match")

    def unique(validator: Any, wanted: bool, value: object, schema: object) -> Iterator[ValidationError]:
        # That of jsonschema compares each item with each other where they are of several types.
        if wanted and isinstance(value, list) and _first_again(value) is not None:
            yield ValidationError("an item is said twice")

    own = {"pattern": whole, "uniqueItems": unique}
    strict: _Validator = extend(Draft7Validator, own)(assemble())  # type: ignore[no-untyped-call]
    return strict


def _first_again(items: list[Any]) -> int | None:
    """The index of the first item that was said before."""
    seen: set[str] = set()
    for index, item in enumerate(items):
        # An item may be anything that a file can hold.
        said = repr(item)
        if said in seen:
            return index
        seen.add(said)
    return None


def _sentences(document: Document, error: ValidationError) -> Iterator[tuple[Keys, str, bool]]:
    """Turn an error into (where, sentence, whether it is the key that is at fault)."""
    keys: Keys = tuple(error.absolute_path)
    value: Any = error.instance
    schema: Any = error.schema
    required: Any = error.validator_value
    if "propertyNames" in error.absolute_schema_path:
        yield (*keys, value), f"{shown(value)} {schema['errorMessage']}", True
    elif error.validator == "additionalProperties":
        strays = [name for name in value if name not in schema["properties"]]
        if _is_claim(keys) and len(strays) == len(value):
            yield keys, "YAML reads this claim as a mapping; quote it", False
        elif _is_prompt(keys) and len(strays) == len(value):
            yield keys, "a prompt must be a text, but YAML reads this as a mapping; quote it", False
        else:
            for name in strays:
                yield (*keys, name), _unknown(keys, name, schema["properties"], crowded=document.crowded), True
    elif error.validator == "oneOf":
        yield from _prompts_or_published(keys, value)
    elif error.validator == "dependencies":
        said: Any = error.instance
        for name in ("out_of", "head_size"):
            if name in said:
                yield (*keys, name), f"{name!r} belongs to 'published', and there is none", True
    elif error.validator is None:
        # A schema that is `false` forbids a key of a claim; jsonschema does not say which.
        for name, message in _foreign(document.nodes[keys].value, crowded=document.crowded):
            yield (*keys, name), message, True
    elif error.validator == "required":
        for name in required:
            if name not in value and (message := _missing(keys, name, value)):
                yield keys, message, False
    elif error.validator == "uniqueItems":
        again = _first_again(value) or 0
        yield (*keys, again), f"{shown(value[again])} is said twice", False
    elif error.validator == "minItems" and len(value) == 1:
        yield keys, f"{_subject(keys)} {schema['errorMessage']}, not a list of one", False
    else:
        yield keys, _wrong(keys, value, schema, crowded=document.crowded), False


def _is_claim(keys: Keys) -> bool:
    return len(keys) == 2 and keys[0] == "claims"


def _is_prompt(keys: Keys) -> bool:
    return len(keys) > 1 and keys[-2] == "prompts" and isinstance(keys[-1], int)


def _is_prose(keys: Keys) -> bool:
    is_text = keys[-1:] == ("text",) and _is_prompt(keys[:-1])
    is_reason = _is_claim(keys[:-2]) and keys[-2] == "xfail"
    return _is_prompt(keys) or is_text or is_reason or _is_claim(keys) or (_is_claim(keys[:-1]) and keys[-1] in _PROSE)


def _subject(keys: Keys) -> str:
    if not keys:
        return "the file"
    return _ITEMS.get(str(keys[-2]), "an item") if isinstance(keys[-1], int) else repr(keys[-1])


def _wrong(keys: Keys, value: object, schema: Mapping[str, Any], *, crowded: bool) -> str:
    """Say that a value has the wrong type, or is out of its bounds."""
    subject, message = _subject(keys), schema["errorMessage"]
    if value == "":
        return f"{subject} is empty; write a text or remove it"
    is_reason = bool({"skip", "xfail"} & set(keys[-2:])) and isinstance(value, bool | list | dict)
    if _is_prose(keys) and not isinstance(value, str) and not is_reason:
        if value is None:
            return f"{subject} is empty; write a text or remove it, and if it is the word null, quote it"
        number = "the number " if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
        return f"{subject} {message}, but YAML reads this as {number}{shown(value)}; quote it"
    guess = None if crowded or not isinstance(value, str) else nearest(value, map(str, schema.get("enum", ())))
    return f"{subject} {message}, not {shown(value)}" + (f"; did you mean {guess!r}?" if guess else "")


def _prompts_or_published(keys: Keys, concept: object) -> Iterator[tuple[Keys, str, bool]]:
    """Say that a concept has neither prompts nor published neurons, or both; nothing of what is no mapping at all."""
    if isinstance(concept, dict) and "published" in concept:
        yield (*keys, "published"), f"{keys[-1]!r} has prompts and is published; drop one", True
    elif isinstance(concept, dict):
        yield keys, f"{_subject(keys)} needs 'prompts' or 'published'", False


def _unknown(keys: Keys, name: str, valid: Iterable[str], *, crowded: bool) -> str:
    """Say that a key is unknown; if it is a setting's name, say where it belongs."""
    if keys[:1] == ("baseline",) and name in published.KEYS:
        return "the baseline cannot be published: it is traced, and needs prompts"
    if keys[-2:-1] == ("published",) and re.fullmatch(published.NEURON, name):
        return f'write this as {{neuron: "{name}", occurrences: ...}}'
    here = section(str(keys[-1])) if keys else ()
    setting = next((one for one in here if one.key == name), BY_NAME.get(name))
    if setting is not None and setting.level == "person":
        return f"a spec may not say {name!r}; it is the option {setting.option} or the ini key {setting.ini}"
    if setting is not None and setting.section in SECTIONS:
        place = {"claim": "", "file": " at the top of the file or in suite.yaml", "suite": " in suite.yaml"}
        it = "it" if name == setting.key else repr(setting.key)
        return f"{name!r} may not stand here; say {it} under {setting.section!r}{place[setting.level]}"
    where = f"under {str(keys[-1])!r}" if keys else "at the top of the file"
    where = "in a claim" if _is_claim(keys) else f"in {_subject(keys)}" if keys and isinstance(keys[-1], int) else where
    return f"unknown key {quoted(name)} {where}{did_you_mean(name, valid, crowded=crowded)}"


def _foreign(claim: Mapping[str, Any], *, crowded: bool) -> Iterator[tuple[str, str]]:
    """Yield the keys that a claim may not have beside its 'claim' or 'kind', each with a sentence."""
    if "kind" not in claim:
        if "claim" in claim:
            slots = [name for name in claim if name in _slots()]
            yield from ((name, f"{name!r} is said by the sentence; drop it, or 'claim' for 'kind'") for name in slots)
        return
    kind = kind_named(claim["kind"])
    own = [slot.name for slot in kind.slots]
    for name in claim:
        if name == "claim":
            yield name, "a claim has a sentence or a 'kind', not both; drop one"
        elif name in _slots() and name not in own:
            yield name, f"{kind.name} has no {name!r}{did_you_mean(name, own, crowded=crowded)}"


def _missing(keys: Keys, name: str, value: Mapping[str, Any]) -> str:
    """Say what is missing; nothing of a claim that is no claim at all, of which something else is said."""
    if not _is_claim(keys):
        # Of an item with none of its keys, and of a baseline that is published, something else is said.
        is_item = _is_prompt(keys) or keys[-2:-1] == ("published",)
        is_foreign = is_item and value and not set(value) & {"text", "group", "neuron", "occurrences"}
        return "" if is_foreign or "published" in value else f"{_subject(keys)} needs {name!r}"
    if "kind" in value:
        kind = kind_named(value["kind"])
        slot = next(slot for slot in kind.slots if slot.name == name)
        return f"{kind.name} needs {name!r}: {slot.help[0].lower()}{slot.help[1:]}"
    claim_keys = assemble()["definitions"]["claim"]["properties"]
    return "a claim needs 'claim', a sentence, or 'kind'" if not value or set(value) & set(claim_keys) else ""


def _slots() -> frozenset[str]:
    return frozenset(slot.name for kind in kinds() for slot in kind.slots)


def _check_place(document: Document, value: Mapping[str, Any], *, is_suite: bool) -> None:
    """Find what only suite.yaml may say, elsewhere; and what it must say."""
    if is_suite:
        if "neurontest" not in value:
            document.complain((), f"suite.yaml needs 'neurontest: {FORMAT}', the version of this format")
        return
    for name in SUITE_ONLY:
        if name in value:
            document.complain((name,), f"{name!r} may only be said in suite.yaml", key=True)
    for part in SECTIONS:
        for setting in section(part):
            if setting.level == "suite" and isinstance(value.get(part), dict) and setting.key in value[part]:
                document.complain((part, setting.key), f"{setting.key!r} may only be said in suite.yaml", key=True)
