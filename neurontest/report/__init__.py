"""Record -> files: everything here is drawn from a :class:`~neurontest.types.Record` alone.

The prompts, the generated texts and the names in a record are untrusted: they pass through :mod:`untrusted` and the
escaping of the format that is written, without exception.
"""

#: The files that a run leaves in its folder.
REPORTS = ("record.json", "report.html", "junit.xml", "summary.md", "badge.svg", "badge.json")

#: The folder of the badges of single files, and what is written on request.
BADGES, SARIF = "badges", "claims.sarif"
