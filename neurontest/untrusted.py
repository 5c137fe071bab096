"""Text from elsewhere, made safe to show in any format: control characters are shown, not obeyed.

Escaping is the business of the format (Jinja2, ElementTree); this is about characters that no escaping allows, or that
a terminal would act on.
"""

from __future__ import annotations

import re

# Tab and newline stay. The rest of C0, DEL and C1 steer terminals, and XML 1.0 forbids most of them, as it forbids lone
# surrogates, U+FFFE and U+FFFF. A carriage return is a control character too: it hides what stands before it. What
# turns the direction of writing around lets a text be read as another one.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def _shown(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def visible(text: str) -> str:
    """`text` with control characters replaced by their pictures (``␛``), unprintable ones by U+FFFD."""
    return _FORBIDDEN.sub(_shown, text.replace("\r\n", "\n"))


def visible_line(text: str) -> str:
    """The same on one line: a line break is shown as well."""
    return visible(text).replace("\n", "\u240a").replace("\t", " ")
