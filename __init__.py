"""Tagsmith: say what should change in an image-training dataset, review it, apply it, undo it."""

__version__ = "0.1.0"
