"""Running one tool that a person named: on the command line, or in a recipe."""

from __future__ import annotations

from tagsmith.agent.events import Call
from tagsmith.tools import toolbox
from tagsmith.tools.errors import QueryError
from tagsmith.tools.query import explain
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.workspace import Workspace


def use(workspace: Workspace, call: Call) -> Outcome:
    """Run a tool; raises what the tool raises, an error in a query with the query and the place."""
    try:
        return toolbox.call(workspace, call.tool, call.arguments)
    except QueryError as error:
        query = call.arguments.get("where") or call.arguments.get("only")
        if not isinstance(query, str):
            raise
        raise QueryError(explain(error, query), position=error.position) from error
