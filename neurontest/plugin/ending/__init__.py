"""A session's end: outcomes become records, records become files, and the terminal says what was found."""
