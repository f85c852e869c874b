"""Tools that stage edits of captions."""
