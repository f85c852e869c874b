"""Opening the files of a dataset for reading: regular ones, through no symbolic link."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from tagsmith.tools.journal.files import Files
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.metadata.bounded import MetadataError
from tagsmith.tools.paths import check_relative


class Beneath:
    """A dataset's folder; ``open`` gives its files, ``names`` lists one of its folders."""

    def __init__(self, root: str) -> None:
        self._tree = Tree(Files(), root)

    def __enter__(self) -> Beneath:
        return self

    def __exit__(self, *_: object) -> None:
        self._tree.close()

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a file by its relative path.

        Raises MetadataError where it is no regular file, is gone, cannot be read, or lies behind
        a symbolic link.
        """
        try:
            descriptor = self._tree.open(check_relative(path))
        except OSError as error:
            if error.errno == errno.EINVAL:
                raise MetadataError("it is not a file") from error
            raise MetadataError(error.strerror or "it cannot be read") from error
        try:
            with os.fdopen(descriptor, "rb") as file:
                yield file
        except OSError as error:
            raise MetadataError(error.strerror or "it cannot be read") from error

    def names(self, folder: str) -> list[str]:
        """List a folder; nothing where it cannot be read."""
        try:
            return sorted(self._tree.files.names(self._tree.folder(folder)))
        except OSError:
            return []
