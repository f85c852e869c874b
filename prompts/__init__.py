"""Texts that a model reads, as Markdown files beside this one."""
