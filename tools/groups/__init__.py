"""Tools that stage moves of whole sample groups."""
