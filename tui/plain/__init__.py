"""The chat in plain lines, for screen readers and terminals without a cursor: no Textual."""
