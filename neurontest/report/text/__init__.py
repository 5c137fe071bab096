"""What all reports say of a record in plain text: words, numbers, rows and lines."""
