"""The sections of a spec hold what the table of settings says: its keys, its defaults and its choices."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, get_args, get_type_hints

import pytest

from neurontest.settings import section
from neurontest.types import Generation, Selection, Statistics

#: What a run adds, which nobody says.
ADDED = {"look"}


@pytest.mark.parametrize(("name", "of"), [("trace", Generation), ("neurons", Selection), ("statistics", Statistics)])
def test_a_section_is_as_the_table_says(name: str, of: Any) -> None:
    settings = {setting.key: setting for setting in section(name)}
    kept = {one.name: one for one in fields(of) if one.name not in ADDED}
    # Settings that say how a suite is repeated or read are of the suite, and no part of how one claim is asked.
    assert kept.keys() <= settings.keys()
    for key, one in kept.items():
        assert one.default is not MISSING
        assert one.default == settings[key].default, key
    for key, hint in get_type_hints(of).items():
        choices = [one for one in get_args(hint) if isinstance(one, str)]
        if choices:
            assert sorted(choices) == sorted(settings[key].choices), key
