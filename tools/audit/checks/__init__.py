"""One module a check; a new check is one new file here."""
