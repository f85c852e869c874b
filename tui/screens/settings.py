"""The settings and the models: what holds, where it comes from, and changing it.

Each value is judged by the settings' own model and saved at once, or the file stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.widgets import Static

from tagsmith.tools.errors import TagsmithError
from tagsmith.tui import language, settings_about, settings_work
from tagsmith.tui.actions import Scope, bindings, legend
from tagsmith.tui.language import say
from tagsmith.tui.removal import Removal, find_removal
from tagsmith.tui.screens import settings_rows
from tagsmith.tui.screens.settings_rows import Item, Kind, Known, SettingRows
from tagsmith.tui.screens.staging import Left, StagingScreen
from tagsmith.tui.text import block, line
from tagsmith.tui.widgets.edge import EdgeLine, KeyLine
from tagsmith.tui.widgets.field import TextField
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.palette import MUTED

if TYPE_CHECKING:
    from tagsmith.agent.config_file import Value
    from tagsmith.agent.conversation import Conversation
    from tagsmith.agent.server.trial import Trial
    from tagsmith.tui.jobs import Snapshot


class SettingsScreen(StagingScreen):
    """Lists the settings in sections, with the server's models and the vision models in theirs.

    ``pull`` begins the download of a vision model.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.SETTINGS)
    CSS_PATH = "settings.tcss"

    def __init__(
        self, conversation: Conversation, snapshot: Snapshot, pull: Callable[[str], None]
    ) -> None:
        super().__init__(conversation, snapshot)
        self._pull = pull
        self._known: Known | None = None
        self._edited: Item | None = None
        self._stops: list[Callable[[], None]] = []

    def compose(self) -> ComposeResult:
        """Lay the screen out: the list, what is known of the row at the cursor, a line to type."""
        yield EdgeLine(id="head")
        with Container(id="settings-panes"):
            yield LineList(id="settings-list")
            yield Static(id="about", markup=False)
        yield Static(id="told", markup=False)
        with Horizontal(id="asked"):
            yield Static(id="ask", markup=False)
            yield TextField(id="value")
        yield KeyLine(id="foot")

    def on_mount(self) -> None:
        """Read the settings; ask the server and look for models meanwhile."""
        title = Content.styled(f" {say('Settings')}", "bold")
        self.query_one("#head", EdgeLine).left = title
        self._draw_keys()
        self._list.focus()
        self.in_thread(settings_work.read, self._have_read)

    def on_unmount(self) -> None:
        """Stop the test calls: nobody is there to be told any more."""
        for stop in self._stops:
            stop()

    @property
    def _list(self) -> LineList:
        return self.query_one(LineList)

    @property
    def _field(self) -> TextField:
        return self.query_one("#value", TextField)

    @property
    def item(self) -> Item | None:
        """The row at the cursor."""
        rows = settings_rows.items(self._known) if self._known is not None else []
        cursor = self._list.cursor
        return rows[cursor] if cursor < len(rows) else None

    # What is known

    def _have_read(self, read: settings_work.Read) -> None:
        self._learn(Known(read))
        self._list.cursor = 1
        self._ask_server()
        self._find_models()

    def _ask_server(self) -> None:
        self._learn(replace(self._sure, server=None, tried=""))
        self.in_thread(
            settings_work.ask_server, lambda found: self._learn(replace(self._sure, server=found))
        )

    def _find_models(self) -> None:
        self.in_thread(
            settings_work.vision_models,
            lambda found: self._learn(replace(self._sure, vision=found)),
        )

    @property
    def _sure(self) -> Known:
        if self._known is None:
            raise RuntimeError("the settings are not read yet")
        return self._known

    def _learn(self, known: Known) -> None:
        """Show what is known now; the cursor stays on its row."""
        at = self.item
        self._known = known
        rows = settings_rows.items(known)
        names = [(one.kind, one.name) for one in rows]
        here = (at.kind, at.name) if at is not None else None
        self._list.show(SettingRows(rows), names.index(here) if here in names else 0)
        where = line(f" · {settings_about.place()}", MUTED)
        title = Content.styled(f" {say('Settings')}", "bold")
        self.query_one("#head", EdgeLine).left = Content.assemble(title, where)

    @on(LineList.Highlighted)
    def _show_about(self) -> None:
        item = self.item
        if item is not None:
            lines = settings_about.about(item)
            self.query_one("#about", Static).update(Content("\n").join(lines))

    def _tell(self, content: Content | None) -> None:
        self.query_one("#told", Static).update(content or Content())

    def refused(self, error: TagsmithError) -> None:
        """Say why something cannot be done."""
        trouble = block(f"{error.message} {error.hint}".strip())
        self._tell(Content.assemble(("! ", "$text-error bold"), trouble))

    # Changing

    @on(LineList.Chosen)
    def _chosen(self) -> None:
        self.action_change()

    def action_change(self) -> None:
        """Change the setting at the cursor: to its next value, or to what is typed."""
        from tagsmith.agent.settings import choices

        item = self.item
        if item is None:
            return
        if item.kind is Kind.SERVER_MODEL:
            self._save({"model": item.name})
        elif item.kind is Kind.VISION_MODEL and item.vision is not None:
            if item.vision.role == "tagger":
                self._edit(item, item.cuts)
            else:
                self._tell(line(say("Only taggers have thresholds."), MUTED))
        elif item.origin is not None and (known := choices(item.name)):
            place = known.index(item.origin.value)
            self._save({item.name: known[(place + 1) % len(known)]})
        elif item.origin is not None:
            self._edit(item, settings_about.typed(item.name, item.origin.value))

    def action_default(self) -> None:
        """Take the setting out of the file, so that its default holds."""
        item = self.item
        if item is not None and item.kind is Kind.SETTING:
            self._save({item.name: None})
        elif item is not None and item.kind is Kind.VISION_MODEL:
            self._save({"thresholds": self._cuts(item.name, "")})

    def _edit(self, item: Item, value: str) -> None:
        self._edited = item
        self._tell(None)
        self.query_one("#asked").display = True
        self.query_one("#ask", Static).update(line(f"{item.name}:", "bold"))
        self._field.put(value)
        self._field.focus()
        self._draw_keys()

    def _end_edit(self) -> None:
        self._edited = None
        self.query_one("#asked").display = False
        self._list.focus()
        self._draw_keys()

    @on(TextField.Submitted, "#value")
    def _typed(self, message: TextField.Submitted) -> None:
        message.stop()
        item, typed = self._edited, message.value.strip()
        if item is None:
            return
        if item.kind is Kind.VISION_MODEL:
            self._save({"thresholds": self._cuts(item.name, typed)})
        else:
            try:
                self._save({item.name: settings_about.value(item.name, typed)})
            except TagsmithError as error:
                self.refused(error)

    def _cuts(self, model: str, typed: str) -> list[str] | None:
        """Return all thresholds, those of a model as they were typed."""
        origin = self._sure.read.origins["thresholds"]
        own = (f"{model}=", f"{model}:")
        others = [one for one in origin.value if not str(one).startswith(own)]
        parts = [one.replace(" ", "") for one in typed.split(",") if one.strip()]
        mine = [f"{model}:{one}" if "=" in one else f"{model}={one}" for one in parts]
        return [*others, *mine] or None

    def _save(self, changes: dict[str, Value | None]) -> None:
        work = partial(settings_work.save, self.conversation, changes)
        self.in_thread(work, partial(self._saved, [*changes]))

    def _saved(self, names: list[str], read: settings_work.Read) -> None:
        self._hold()
        self._end_edit()
        self._learn(replace(self._sure, read=read))
        self._tell(line(settings_work.note_of(names[0], read.origins[names[0]]), MUTED))
        if any(name in settings_work.OF_THE_ENGINE for name in names):
            self._ask_server()
        if "models_folder" in names:
            self._find_models()
        if "language" in names:
            # What threads have told stands there in the language before.
            self.in_thread(
                settings_work.read, lambda read: self._learn(replace(self._sure, read=read))
            )
            self._ask_server()

    def _hold(self) -> None:
        """Let what the interface itself goes by hold at once."""
        from tagsmith.agent import config_start

        start = config_start.read()
        language.use(start.language)
        changed = getattr(self.app, "settings_changed", None)
        if changed is not None:
            changed(start)

    # Models

    def action_try(self) -> None:
        """Make a test call to the server's model at the cursor, or else to the one in use."""
        item, server = self.item, self._sure.server if self._known else None
        model = item.name if item is not None and item.kind is Kind.SERVER_MODEL else ""
        model = model or (server.used if server is not None else "")
        if not model:
            self._tell(line(say("No model answers: choose one of the server's first."), MUTED))
            return
        self._tell(line(say("Trying {model} …", model=model), MUTED))
        self.in_thread(partial(settings_work.try_model, model, self._stops.append), self._tried)

    def _tried(self, trial: Trial) -> None:
        told = settings_about.told(trial)
        self._learn(replace(self._sure, tried=told))
        self._tell(line(told))

    def action_again(self) -> None:
        """Ask the server once more."""
        if self._known is not None:
            self._ask_server()
            self._find_models()

    def action_pull(self) -> None:
        """Download the vision model at the cursor, behind the chat."""
        item = self.item
        if item is None or item.vision is None or item.vision.role == "built in":
            self._tell(line(say("Go to a vision model: it is downloaded."), MUTED))
            return
        self._pull(item.name)
        told = say("{model} is looked up; the question follows.", model=item.name)
        self._tell(line(told, MUTED))

    def action_remove(self) -> None:
        """Delete the files of the vision model at the cursor, after a question."""
        item = self.item
        if item is not None and item.vision is not None and item.vision.role != "built in":
            from tagsmith.tools.vision.spec import find_spec

            spec = find_spec(item.name)
            self.in_thread(partial(find_removal, spec), self._ask_removal)

    def _ask_removal(self, removal: Removal) -> None:
        from tagsmith.tui.screens.consent import ConsentScreen

        if not removal.what:
            self._tell(line(say("Nothing of it is in the hub's cache."), MUTED))
            return

        def agreed(yes: bool | None) -> None:
            if yes:
                self.in_thread(removal.do, lambda _: self._removed(removal))

        lines = [removal.what, say("It can be downloaded again. Scores in datasets stay.")]
        self.app.push_screen(ConsentScreen(lines, say("Delete it?")), agreed)

    def _removed(self, removal: Removal) -> None:
        self._tell(line(say("Deleted {what}.", what=removal.what), MUTED))
        self._find_models()

    # Keys

    def action_section(self, step: int) -> None:
        """Go to the next section, or to the one before."""
        rows = settings_rows.items(self._known) if self._known is not None else []
        heads = [place + 1 for place, one in enumerate(rows) if one.kind is Kind.HEAD]
        cursor = self._list.cursor
        ahead = [at for at in heads if at > cursor] if step > 0 else []
        behind = [at for at in heads if at < cursor] if step < 0 else []
        if heads:
            self._list.cursor = ahead[0] if ahead else behind[-1] if behind else heads[-(step < 0)]

    def _draw_keys(self) -> None:
        shown = legend(Scope.SETTINGS)
        if self._edited is not None:
            shown = [("enter", say("save")), ("esc", say("leave it"))]
        self.query_one("#foot", KeyLine).legend = shown

    def action_back(self) -> None:
        """Leave the line, or go back to the chat."""
        if self._edited is not None:
            self._tell(None)
            self._end_edit()
        else:
            self.dismiss(Left())
