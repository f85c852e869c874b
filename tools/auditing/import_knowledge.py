"""import_knowledge: aliases and implications from tag tables."""

from __future__ import annotations

from pydantic import Field

from tagsmith.tools.toolbox import Arguments, Outcome, tool
from tagsmith.tools.workspace import Workspace


class ImportKnowledge(Arguments):
    """Arguments of import_knowledge."""

    file: str = Field(
        min_length=1,
        description="path of a tagcomplete CSV, or of an export of tag aliases or implications",
    )


@tool(ImportKnowledge)
def import_knowledge(workspace: Workspace, args: ImportKnowledge) -> Outcome:
    """Import aliases and implications of tags from a table (name,category,count,aliases) or an
    export of Danbooru (CSV or JSON lines), for the audit of this dataset. Changes no caption.
    """
    from tagsmith.tools.audit.knowledge.importing import import_file

    return import_file(workspace.root, args.file)
