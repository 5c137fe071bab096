"""The record of a run, put together from what was found."""
