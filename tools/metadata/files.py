"""Opening the files of a dataset for reading: regular ones, through no symbolic link."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from tagsmith.tools import content
from tagsmith.tools.journal.names import names_of_this_system
from tagsmith.tools.metadata.bounded import MetadataError
from tagsmith.tools.paths import check_relative

# Opening a pipe for reading would wait for a writer.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Beneath:
    """A dataset's folder; ``open`` gives its files, ``names`` lists one of its folders."""

    def __init__(self, root: str) -> None:
        self._names = names_of_this_system()
        self._root = self._names.open_root(root)

    def __enter__(self) -> Beneath:
        return self

    def __exit__(self, *_: object) -> None:
        self._names.close_folder(self._root)

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file by its relative path.

        Raises MetadataError where it is no regular file, is gone, cannot be read, or lies behind
        a symbolic link.
        """
        folder, _, name = check_relative(path).rpartition("/")
        try:
            with self._folder(folder) as number:
                descriptor = self._names.open(number, name, _READ)
            with os.fdopen(descriptor, "rb") as file:
                if not content.is_regular(os.fstat(descriptor)):
                    raise MetadataError("it is not a file")
                yield file
        except OSError as error:
            raise MetadataError(error.strerror or "it cannot be read") from error

    def names(self, folder: str) -> list[str]:
        """List a folder; nothing where it cannot be read."""
        try:
            with self._folder(folder) as number:
                return sorted(self._names.names(number))
        except OSError:
            return []

    @contextmanager
    def _folder(self, path: str) -> Iterator[int]:
        opened: list[int] = []
        try:
            for name in path.split("/") if path else ():
                parent = opened[-1] if opened else self._root
                opened.append(self._names.open_folder(parent, name))
            yield opened[-1] if opened else self._root
        finally:
            for number in opened:
                self._names.close_folder(number)
