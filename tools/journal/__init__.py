"""Applied plans, durably: apply, recover, history. The protocol is docs/journal.md."""

from tagsmith.tools.journal.history import Entry
from tagsmith.tools.journal.journal import Journal
from tagsmith.tools.journal.prune import Pruned
from tagsmith.tools.journal.recovery import Recovery
from tagsmith.tools.journal.reversal import Reversal, Skipped
from tagsmith.tools.journal.transaction import Applied

__all__ = ["Applied", "Entry", "Journal", "Pruned", "Recovery", "Reversal", "Skipped"]
