"""``report.html``: a record as one page, readable without scripts, without styles and without a network."""

from neurontest.report.html.page import html_report

__all__ = ["html_report"]
