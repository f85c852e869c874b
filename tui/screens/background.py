"""The chat's long work: looked at behind it, paused, cancelled, and staged once it is done.

A tool that looks at images is called twice: first its looking runs as a job, which touches no
workspace, then the call itself, which costs nothing any more. A turn that looks can be sent behind
the chat while it does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from textual import events, on
from textual.content import Content

from tagsmith.tools.errors import UsageError
from tagsmith.tui import jobs
from tagsmith.tui.language import many, say
from tagsmith.tui.screens.work import WorkScreen
from tagsmith.tui.text import block, line
from tagsmith.tui.widgets.edge import keys
from tagsmith.tui.widgets.palette import MUTED

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.agent.events import Call
    from tagsmith.tools.vision.installed import ModelFolder
    from tagsmith.tools.vision.pulling import Offer
    from tagsmith.tui.background import Background, Job
    from tagsmith.tui.opening import Opened, Opening
    from tagsmith.tui.screens.staging import Left
    from tagsmith.tui.widgets.job_panel import JobPanel

WAITS = "Waiting"
LOOKS, OFFERS, DOWNLOADS = "images", "offers", "downloads"
LOOKERS = ("run_tagger", "caption_images")


@dataclass(slots=True)
class _Behind:
    """The call that the turn runs, the one to go on with behind it, those that can be staged."""

    running: Call | None = None
    sent: Call | None = None
    ready: deque[tuple[Call, str]] = field(default_factory=deque)


class BackgroundScreen(WorkScreen):
    """A screen on a conversation, and the jobs behind it."""

    def __init__(
        self,
        start: Conversation | Opening,
        first_suggestion: str = "",
        notes: Sequence[str] = (),
    ) -> None:
        super().__init__(start, first_suggestion, notes)
        self._behind = _Behind()

    @property
    def panel(self) -> JobPanel:
        """The jobs; made when the first of them is."""
        from tagsmith.tui.widgets.job_panel import JobPanel

        found = next(iter(self.query(JobPanel)), None)
        if found is None:
            found = JobPanel()
            self.mount(found, before=self.waiting)
        return found

    @property
    def background(self) -> Background:
        """The jobs behind the chat."""
        return self.panel.background

    # The chat's own work

    @on(jobs.Happened)
    def _note_call(self, message: jobs.Happened) -> None:
        from tagsmith.agent.events import Failed, ToolFinished, ToolStarted

        event = message.event
        if isinstance(event, ToolStarted):
            self._behind.running = event.call if event.call.tool in LOOKERS else None
        elif isinstance(event, ToolFinished):
            # It was done before it could be sent: there is nothing to go on with.
            self._behind.running = self._behind.sent = None
        elif isinstance(event, Failed) and self._behind.sent is not None:
            # That it was stopped is no failure: it goes on.
            message.prevent_default()

    @on(jobs.Progressed)
    def _show_step(self, message: jobs.Progressed) -> None:
        step = message.step
        if self._stop.is_set() or not (step.total or step.verb.startswith(WAITS)):
            return
        message.prevent_default()
        self._foot.change(step.verb)
        self.panel.front(step, self._hint())

    def _hint(self) -> Content:
        if self.busy.startswith("applying"):
            return Content.styled(say("it is not stopped half-way "), MUTED)
        legend = [("esc", say("stop"))]
        if self._behind.running is not None:
            legend.append(("ctrl+b", say("go on behind the chat")))
        return keys(legend) + " "

    @on(jobs.Ended)
    def _front_over(self) -> None:
        if self._behind.sent is not None:
            self._stop.clear()
        self._behind.running = None
        self._hide_front()

    def _hide_front(self) -> None:
        from tagsmith.tui.widgets.job_panel import JobPanel

        for panel in self.query(JobPanel):
            panel.front(None)

    @property
    def looked_at_once(self) -> int:
        """So many images are looked at while one waits; none, where a job looks at others."""
        live = self.background.live if self._has_jobs() else []
        return 0 if any(job.lane == LOOKS for job in live) else jobs.LOOKED_AT_ONCE

    def _has_jobs(self) -> bool:
        from tagsmith.tui.widgets.job_panel import JobPanel

        return bool(self.query(JobPanel))

    # Sending it behind the chat

    def action_background(self) -> None:
        """Let the tool that looks at images go on behind the chat; else show the jobs."""
        if self._behind.running is None or self._stop.is_set():
            self.show_jobs()
            return
        self._behind.sent = self._behind.running
        self.stop()
        self._foot.change(say("going on behind the chat"))

    def show_jobs(self) -> None:
        """Open the list of jobs."""
        from tagsmith.tui.screens.jobs import JobsScreen

        self.app.push_screen(JobsScreen(self.background))

    def went_on(self) -> bool:
        """Go on behind the chat with what the turn was stopped for; whether there was such."""
        call, self._behind.sent = self._behind.sent, None
        if call is None:
            return False
        told = say("The turn ends here, and {tool} goes on behind the chat.", tool=call.tool)
        self._transcript.note(line(told, MUTED))
        self._run("reading", partial(jobs.look_on, self.conversation, call, "", self.post_message))
        return True

    def show_settings(self) -> None:
        """Open the settings, while nothing runs that uses them."""
        from tagsmith.tui.screens.settings import SettingsScreen

        if self._snapshot is not None and not self.busy:
            screen = SettingsScreen(self.conversation, self._snapshot, self.pull)
            self.app.push_screen(screen, self._settings_left)

    def _settings_left(self, _: Left | None) -> None:
        if self._transcript.card is not None:
            self._transcript.card.speak()
        self._run("reading", partial(jobs.look, self.conversation, self.post_message))

    def set_up(self) -> None:
        """Go through the first steps again."""
        from tagsmith.tui.app import TagsmithApp

        if self.busy:
            return
        app, root = self.app, self.conversation.workspace.root
        if not (isinstance(app, TagsmithApp) and app.set_up(root, self._set_up)):
            self._transcript.note(line(say("Start `tagsmith` without a folder for that."), MUTED))

    def _set_up(self, _: None) -> None:
        self._run("reading", partial(jobs.catch_up, self.conversation, self.post_message))

    def enter(self, opened: Opened, suggestion: str) -> None:
        """Begin on another dataset; what ran on the one before ends, and its session is closed."""
        before = self._conversation
        if before is not None:
            self._behind = _Behind()
            self._snapshot = None
            for job in self.background.live:
                if job.lane == LOOKS:
                    self.background.cancel(job)
            self.run_worker(before.close, thread=True, exit_on_error=False, group="closing")
        super().enter(opened, suggestion)

    @on(jobs.Looking)
    def _look(self, message: jobs.Looking) -> None:
        look, call, words = message.look, message.call, message.words
        from tagsmith.tui.background import Job

        names = " + ".join(look.names)
        tagging = call.tool == "run_tagger"
        title = say("Tagging with {names}", names=names)
        if not tagging:
            title = say("Captioning with {names}", names=names)
        kept = say("What it has seen of the images is kept.")

        # Of this dataset: its jobs can be gone on with after another one was entered.
        ready = self._behind.ready

        def then(_: object) -> None:
            ready.append((call, words))

        told = many(look.todo, "{n} image to look at", "{n} images to look at")
        self._transcript.note(
            Content.assemble(
                line(f"» {title}: {told}. ", MUTED),
                line(say("It is staged when that is done; go on meanwhile.") + " ", MUTED),
                keys([("ctrl+b", say("jobs"))]),
            )
        )
        self.background.add(Job(title, look.work, kept, LOOKS, then))

    # When it is done

    def on_job_panel_ended(self, message: JobPanel.Ended) -> None:
        """Tell what came of a job, and stage what it looked at."""
        from tagsmith.tui.background import State

        job = message.job
        if job.state is State.FAILED and job.trouble is not None:
            self._transcript.fail(f"{job.title}: {job.trouble.message}", job.trouble.hint)
        elif job.state is State.CANCELLED:
            self._transcript.note(line(self._fate_of(job), MUTED))
        elif job.lane == LOOKS:
            told = Content.assemble(("✓ ", "$text-success bold"), line(job.title))
            self._transcript.note(told)
        if not (self.is_current or job.lane == OFFERS):
            self.app.notify(
                say("{title}: {state}.", title=job.title, state=self._word(job)), markup=False
            )
        self.follow_up()

    @staticmethod
    def _word(job: Job) -> str:
        from tagsmith.tui.widgets.job_rows import state_word

        return state_word(job.state)

    @staticmethod
    def _fate_of(job: Job) -> str:
        from tagsmith.tui.widgets.job_rows import numbers

        done = f" ({numbers(job.step)})" if job.step is not None else ""
        return say("{title}: cancelled{done}. {kept}", title=job.title, done=done, kept=job.kept)

    def follow_up(self) -> bool:
        """Stage what a job has looked at, where nothing else runs; whether there was such."""
        if self.busy or not (self._behind.ready and self.is_current):
            return False
        call, words = self._behind.ready.popleft()
        job = partial(jobs.call, self.conversation, call.tool, dict(call.arguments), words)
        self._run("working", partial(job, self.post_message, self._stop))
        return True

    @on(events.ScreenResume)
    def _back_in_sight(self) -> None:
        self.call_after_refresh(self.follow_up)

    def end_jobs(self) -> list[str]:
        """End all jobs because Tagsmith does; returns what becomes of each."""
        from tagsmith.tui.widgets.job_panel import JobPanel

        panels = list(self.query(JobPanel))
        return [self._fate_of(job) for one in panels for job in one.background.cancel_all()]

    # Models

    def pull(self, name: str) -> None:
        """Get a model from the hub, after a question; the chat can be used meanwhile."""
        from tagsmith.tools.vision import pulling
        from tagsmith.tui.background import Job
        from tagsmith.tui.commands.models import find_model

        if not name.strip():
            raise UsageError(
                say("Which model?"), say("/pull joytag gets that one; /settings lists them all.")
            )
        spec = find_model(name)
        self.background.add(
            Job(
                say("Asking about {model}", model=spec.name),
                partial(pulling.offer, spec),
                lane=OFFERS,
                then=self._offered_model,
            )
        )

    def _offered_model(self, offer: Offer) -> None:
        from tagsmith.tui.commands.models import told_files
        from tagsmith.tui.offers import offer_lines, question
        from tagsmith.tui.screens.consent import ConsentScreen

        if offer.found is not None:
            files = told_files(offer.spec, offer.found)
            told = say("{model} is here already: {files}.", model=offer.spec.name, files=files)
            self._transcript.note(block(told))
            return
        asking = ConsentScreen(offer_lines(offer), question(offer))
        self.app.push_screen(asking, partial(self._download, offer))

    def _download(self, offer: Offer, agreed: bool | None) -> None:
        from tagsmith.tools.vision import pulling
        from tagsmith.tui.background import Job

        name = offer.spec.name
        if not agreed:
            self._transcript.note(line(say("Nothing was downloaded."), MUTED))
            return
        kept = say("What has come is kept: another pull goes on with it.")
        self.background.add(
            Job(
                say("Downloading {model}", model=name),
                partial(pulling.pull, offer),
                kept,
                lane=DOWNLOADS,
                then=partial(self._downloaded, offer),
            )
        )

    def _downloaded(self, offer: Offer, folder: ModelFolder) -> None:
        from tagsmith.tui.commands.models import told_files

        files = told_files(offer.spec, folder)
        told = say("{model} is ready: {files}.", model=offer.spec.name, files=files)
        self._transcript.note(block(told))
