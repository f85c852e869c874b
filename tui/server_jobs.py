"""``/models``, ``/model NAME`` and ``/server`` as a job."""

from __future__ import annotations

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Failed, Noted
from tagsmith.tools.errors import TagsmithError
from tagsmith.tui import server_talk
from tagsmith.tui.jobs import Ended, Happened, Post, snapshot


def run(conversation: Conversation, name: str, words: str, post: Post) -> None:
    """Ask the server, and post what it is and has; its models and settings stay as they are."""
    try:
        post(Happened(Noted("\n".join(server_talk.told(conversation, name, words)))))
    except TagsmithError as error:
        post(Happened(Failed(error.message, error.hint, error.exit)))
    post(Ended(snapshot(conversation)))
