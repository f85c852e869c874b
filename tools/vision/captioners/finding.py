"""Which captioner a name means."""

from __future__ import annotations

from tagsmith.tools.errors import UsageError
from tagsmith.tools.vision.captioners.captioner import Captioner
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tools.workspace import Workspace


def find_captioner(workspace: Workspace, name: str) -> Captioner:
    """Return the captioner of this name: one that the workspace was given, or that of a spec.

    Raises UsageError where the name is unknown, naming the nearest, or is that of a tagger.
    """
    wanted = name.strip().casefold()
    if wanted in workspace.captioners:
        return workspace.captioners[wanted]()
    if wanted == "server":
        raise UsageError(
            "No model server is set up here.", "Use model=florence-2, or a chat with a server."
        )
    spec = find_spec(name)
    if spec.role != "captioner":
        raise UsageError(f"{spec.name} writes tags, not captions.", "Use run_tagger.")
    from tagsmith.tools.vision.captioners.local import captioner_of

    return captioner_of(spec)
