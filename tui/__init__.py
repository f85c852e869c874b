"""The terminal app and the command line that starts it."""
