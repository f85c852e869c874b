"""Tools that answer questions and stage nothing."""
