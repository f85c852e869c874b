"""``python -m tagsmith`` is the ``tagsmith`` command."""

from tagsmith.tui.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
