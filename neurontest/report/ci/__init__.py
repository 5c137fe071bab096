"""What continuous integration shows of a run: badges, a job summary, annotations and SARIF, drawn from a record."""
