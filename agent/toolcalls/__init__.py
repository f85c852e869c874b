"""Tool calls of small local models, interpreted strictly: whole calls, exact names, no guesses.

``interpret`` is the only door between what a model writes and what a tool is given. Models and
servers put calls where they like and write them as they like; the parsers of the frameworks
complete what was cut off and run it. Here a call runs only if it is whole and unambiguous.
"""

from tagsmith.agent.toolcalls.interpret import interpret
from tagsmith.agent.toolcalls.model import Interpretation, Rejected, ToolCall

__all__ = ["Interpretation", "Rejected", "ToolCall", "interpret"]
