"""Every action of the app, once: key bindings, slash commands, legends and help come from here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType

from tagsmith.tui.language import say


class Scope(StrEnum):
    """Where an action's keys work; the words are the headings of the help screen."""

    EVERYWHERE = "Everywhere"
    CHAT = "Chat"
    CARD = "Plan card"
    REVIEW = "Review"
    HISTORY = "History"
    TAGS = "Tags"
    TRIGGERS = "Triggers"
    BUTTONS = "Sets of buttons"
    GALLERY = "Gallery"
    SETTINGS = "Settings"
    JOBS = "Jobs"
    CONSENT = "Questions"
    LIST = "Lists"


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do.

    ``name`` is the Textual action, ``keys`` are Textual's names of keys, ``label`` is how the keys
    are written for people, ``word`` is the action on the last line of the screen (none where
    empty), ``slash`` is the command without its slash. Actions without ``name`` are keys that a
    widget handles itself and that the help still lists.
    """

    scope: Scope
    label: str
    help: str
    name: str = ""
    keys: str = ""
    word: str = ""
    slash: str = ""
    priority: bool = False


ACTIONS: tuple[Action, ...] = (
    Action(Scope.EVERYWHERE, "F1", "Show this help", "help", "f1", slash="help"),
    Action(
        Scope.EVERYWHERE,
        "ctrl+c",
        "Copy what is selected, else clear the input, else take back what waits, else stop the "
        "work, else (twice) quit",
        "step_back",
        "ctrl+c",
        priority=True,
    ),
    Action(Scope.EVERYWHERE, "ctrl+q", "Quit", "quit", "ctrl+q", slash="quit", priority=True),
    Action(
        Scope.EVERYWHERE, "ctrl+p", "Find a command by its letters", "command_palette", "ctrl+p"
    ),
    Action(
        Scope.EVERYWHERE,
        "ctrl+z",
        "Leave Tagsmith for the shell; fg comes back",
        "suspend_process",
        "ctrl+z",
        priority=True,
    ),
    Action(Scope.CHAT, "enter", "Send; on an empty line, review the plan"),
    Action(Scope.CHAT, "ctrl+j, shift+enter", "Start a new line"),
    Action(Scope.CHAT, "ctrl+g", "Write the message in your editor (EDITOR)", "write", "ctrl+g"),
    Action(
        Scope.CHAT,
        "tab",
        "Complete a tag, an image or tag after @, a command after /, or its words",
    ),
    Action(Scope.CHAT, "up, down", "Earlier and later messages; with words, those that begin so"),
    Action(
        Scope.CHAT,
        "shift+tab",
        "On an empty line, go to the last tool call; enter opens it, so does a click",
    ),
    Action(Scope.CHAT, "?", "On an empty line, show this help"),
    Action(Scope.CHAT, "esc", "Stop the running turn; else go between the line and the plan"),
    Action(Scope.CHAT, "PgUp, PgDn", "Scroll the conversation; at its top, bring earlier turns"),
    Action(Scope.CHAT, "ctrl+o", "Show or hide what the tools answered", "details", "ctrl+o"),
    Action(
        Scope.CHAT,
        "ctrl+t",
        "Show the tags; a query after /tags chooses images",
        "tags",
        "ctrl+t",
        slash="tags",
    ),
    Action(Scope.CHAT, "", "Trigger buttons, one image after the other", slash="triggers"),
    Action(Scope.CHAT, "ctrl+d", "On an empty line, quit"),
    Action(Scope.CHAT, "", "Review the plan", slash="plan"),
    Action(Scope.CHAT, "", "Apply the plan", slash="apply"),
    Action(Scope.CHAT, "", "Reject the plan; what follows is sent as the reason", slash="reject"),
    Action(Scope.CHAT, "", "Show the applied plans", slash="history"),
    Action(Scope.CHAT, "", "Show other colours: auto, dark, light or ansi", slash="theme"),
    Action(Scope.CHAT, "", "Show pictures: all, or what a query matches", slash="gallery"),
    Action(Scope.CHAT, "", "List the models of the server", slash="models"),
    Action(Scope.CHAT, "", "Pick a model by its name, for this session", slash="model"),
    Action(Scope.CHAT, "", "Tell which server answers, or why none does", slash="server"),
    Action(
        Scope.CHAT,
        "ctrl+b",
        "Let a tool that looks at images go on behind the chat; else show the jobs",
        "background",
        "ctrl+b",
        slash="jobs",
    ),
    Action(Scope.CHAT, "", "Download a vision model, after a question", slash="pull"),
    Action(Scope.CHAT, "", "Show and change the settings and models", slash="settings"),
    Action(Scope.CHAT, "", "Go through the first steps again", slash="setup"),
    Action(Scope.CARD, "enter", "Review the plan", "review", "enter", "review"),
    Action(Scope.CARD, "a", "Apply the plan; asks once", "apply", "a", "apply"),
    Action(Scope.CARD, "r", "Reject the plan; asks once", "reject", "r", "reject"),
    Action(Scope.CARD, "t", "Reject the plan and say why", "why", "t", "reject and say why"),
    Action(Scope.CARD, "esc", "Back to the line, or from a question back to the card"),
    Action(Scope.CARD, "other letters", "Go to the line: just keep talking"),
    Action(
        Scope.REVIEW,
        "space",
        "Keep or drop the file, the step or, everywhere, the tag change",
        "keep",
        "space",
        "keep/drop",
    ),
    Action(
        Scope.REVIEW, "x", "Go to the steps; there, drop one or take it back", "steps", "x", "steps"
    ),
    Action(
        Scope.REVIEW,
        "g",
        "Group by step, by tag change, by file",
        "group",
        "g",
        "group",
        priority=True,
    ),
    Action(Scope.REVIEW, "e", "Edit the resulting caption here", "edit", "e", "edit"),
    Action(Scope.REVIEW, "E", "Edit it in your editor: $VISUAL or $EDITOR", "editor", "E"),
    Action(Scope.REVIEW, "/", "Filter by a query", "filter", "slash", "filter"),
    Action(
        Scope.REVIEW,
        "n, N",
        "Next and previous file that the filter matches, or that has a mark",
        "next(False)",
        "n",
    ),
    Action(Scope.REVIEW, "", "Previous file that the filter matches", "next(True)", "N"),
    Action(Scope.REVIEW, "A", "Keep all files in sight of the filter", "all(True)", "A"),
    Action(Scope.REVIEW, "R", "Drop all files in sight of the filter", "all(False)", "R"),
    Action(Scope.REVIEW, "p", "Show or hide the picture", "picture", "p"),
    Action(Scope.REVIEW, "tab", "Scroll the caption, or back to the files"),
    Action(Scope.REVIEW, "w", "Apply what is kept; asks once", "apply", "w", "apply"),
    Action(Scope.REVIEW, "enter", "Apply what is kept; on a group, show its files"),
    Action(Scope.REVIEW, "t", "Reject the plan and say why", "why", "t"),
    Action(Scope.REVIEW, "esc", "Back to the chat; the plan stays", "back", "escape", "back"),
    Action(Scope.HISTORY, "enter", "Show what the plan changed", word="changes"),
    Action(Scope.HISTORY, "u", "Stage the plan's undo, and review it", "undo", "u", "undo"),
    Action(Scope.HISTORY, "r", "Stage the redo of what was undone", "redo", "r", "redo"),
    Action(Scope.HISTORY, "esc", "Back", "back", "escape", "back"),
    Action(Scope.TAGS, "space", "Mark the tag, or take the mark off", "mark", "space", "mark"),
    Action(Scope.TAGS, "x", "Take all marks off", "unmark", "x"),
    Action(
        Scope.TAGS,
        "r",
        "Replace the marked tags, else the one at the cursor, by others",
        "replace",
        "r",
        "replace",
    ),
    Action(Scope.TAGS, "d", "Remove the tags from all captions", "prune", "d", "prune"),
    Action(Scope.TAGS, "a", "Add tags to the images that have these", "add", "a", "add"),
    Action(Scope.TAGS, "i", "Isolate the images that have these", "isolate", "i"),
    Action(Scope.TAGS, "o, enter", "Open the images that have these", "open", "o", "open"),
    Action(Scope.TAGS, "c", "Put the tags on the chat's line", "chat", "c"),
    Action(
        Scope.TAGS,
        "s",
        "Sort by images, rarest, name, place, how many with the marked ones, score",
        "sort",
        "s",
    ),
    Action(
        Scope.TAGS,
        "/",
        "Show only the tags that hold a text, or match a wildcard such as *hair",
        "filter",
        "slash",
        "filter",
    ),
    Action(
        Scope.TAGS, "q", "Count only the images that a query matches: dog and not cat", "where", "q"
    ),
    Action(Scope.TAGS, "u", "Take back what was staged here last", "undo", "u", "undo"),
    Action(Scope.TAGS, "w", "Review what is staged", "review", "w", "review"),
    Action(Scope.TAGS, "esc", "Back to the chat", "back", "escape", "back"),
    Action(
        Scope.TRIGGERS,
        "1-9, 0",
        "Put the button's trigger on this image, or take it off",
        word="toggle",
    ),
    *(
        Action(
            Scope.TRIGGERS,
            "",
            "Put the button's trigger on this image, or take it off",
            f"press({button})",
            digit,
        )
        for button, digit in enumerate("1234567890")
    ),
    Action(Scope.TRIGGERS, "space", "Skip the image: leave it for later", "skip", "space", "skip"),
    Action(
        Scope.TRIGGERS, "u", "Take the last press or skip back, several times", "undo", "u", "undo"
    ),
    Action(
        Scope.TRIGGERS, "right, l, enter", "Next image", "step(1)", "right,l,enter,down,j,pagedown"
    ),
    Action(Scope.TRIGGERS, "left, h", "Previous image", "step(-1)", "left,h,up,k,pageup,backspace"),
    Action(Scope.TRIGGERS, "Home, g", "First image", "go(False)", "home,g"),
    Action(Scope.TRIGGERS, "End, G", "Last image", "go(True)", "end,G"),
    Action(
        Scope.TRIGGERS,
        "v",
        "Go on to the next image once a trigger is put, or stay",
        "advance",
        "v",
        "advance",
    ),
    Action(
        Scope.TRIGGERS,
        "f",
        "Go through all images, only the unassigned, or only the skipped",
        "show",
        "f",
        "show",
    ),
    Action(Scope.TRIGGERS, "p", "Put triggers first or last, for the whole set", "position", "p"),
    Action(
        Scope.TRIGGERS,
        "s",
        "Edit captions written in sentences too, cut at their commas",
        "sentences",
        "s",
    ),
    Action(Scope.TRIGGERS, "b", "Edit the buttons, or use another set", "sets", "b", "sets"),
    Action(
        Scope.TRIGGERS,
        "X",
        "Forget what was pressed and skipped with this set; asks once",
        "restart",
        "X",
    ),
    Action(Scope.TRIGGERS, "w", "Stage the triggers and review them", "review", "w", "review"),
    Action(Scope.TRIGGERS, "esc", "Stage the triggers, back to the chat", "back", "escape", "done"),
    Action(Scope.BUTTONS, "enter", "Use this set", word="use"),
    Action(
        Scope.BUTTONS, "a", "Add a set, or buttons to it: with commas several", "add", "a", "add"
    ),
    Action(Scope.BUTTONS, "r", "Rename the set or the button", "rename", "r", "rename"),
    Action(
        Scope.BUTTONS, "d", "Delete the set or the button; a set asks once", "delete", "d", "delete"
    ),
    Action(Scope.BUTTONS, "K, J", "Move the button up or down", word="move"),
    Action(Scope.BUTTONS, "", "Move the button up", "shift(-1)", "K,shift+up"),
    Action(Scope.BUTTONS, "", "Move the button down", "shift(1)", "J,shift+down"),
    Action(Scope.BUTTONS, "tab", "Between the sets and the buttons", "other", "tab", "other side"),
    Action(Scope.BUTTONS, "esc", "Back; what was edited is kept", "back", "escape", "back"),
    Action(
        Scope.JOBS,
        "p",
        "Pause the job, or go on with it; what it has done is kept",
        "pause",
        "p",
        "pause/go on",
    ),
    Action(Scope.JOBS, "x", "Cancel the job; what it has done is kept", "cancel", "x", "cancel"),
    Action(Scope.JOBS, "esc", "Back; the jobs go on", "back", "escape,ctrl+b", "back"),
    Action(Scope.CONSENT, "y, enter", "Do it", "answer(True)", "y,enter", "yes"),
    Action(Scope.CONSENT, "n, esc", "Leave it", "answer(False)", "n,escape", "no"),
    Action(
        Scope.SETTINGS,
        "enter",
        "Change the setting; let the server's model answer; set a tagger's thresholds",
        word="change",
    ),
    Action(Scope.SETTINGS, "space", "Change the setting", "change", "space"),
    Action(Scope.SETTINGS, "d", "Back to the default", "default", "d", "default"),
    Action(Scope.SETTINGS, "t", "Make a test call to the model", "try", "t", "test"),
    Action(Scope.SETTINGS, "a", "Ask the server again", "again", "a"),
    Action(Scope.SETTINGS, "p", "Download the vision model, after a question", "pull", "p", "pull"),
    Action(Scope.SETTINGS, "x", "Delete the vision model's files; asks once", "remove", "x"),
    Action(Scope.SETTINGS, "tab", "To the next section", "section(1)", "tab", "section"),
    Action(Scope.SETTINGS, "shift+tab", "To the section before", "section(-1)", "shift+tab"),
    Action(Scope.SETTINGS, "esc", "Back; what was changed is saved", "back", "escape", "back"),
    Action(
        Scope.GALLERY, "enter", "Show the image large, with its caption", "zoom", "enter", "zoom"
    ),
    Action(Scope.GALLERY, "space", "Mark the image, or take its mark", "mark", "space", "mark"),
    Action(
        Scope.GALLERY,
        "m",
        "Move the marked images to _isolated/NAME; in such a group, bring it back",
        "isolate",
        "m",
        "isolate",
    ),
    Action(Scope.GALLERY, "D", "Send the marked images to the trash", "trash", "D", "trash"),
    Action(Scope.GALLERY, "e", "Edit the caption of the image", "edit", "e", "edit"),
    Action(Scope.GALLERY, "/", "Show what a query matches", "filter", "slash", "filter"),
    Action(
        Scope.GALLERY,
        "o",
        "Open a group: all images, a random sample, isolated ones, duplicates",
        "groups",
        "o",
        "groups",
    ),
    Action(Scope.GALLERY, "r", "Show another random sample", "sample", "r", "random"),
    Action(Scope.GALLERY, "w", "Review what is staged", "review", "w", "review"),
    Action(Scope.GALLERY, "a", "Mark all images shown, or none", "mark_all", "a"),
    Action(Scope.GALLERY, "tab", "Next group of duplicates; shift+tab for the one before"),
    Action(Scope.GALLERY, "left, h", "The image before", "step(-1)", "left,h,up,k"),
    Action(Scope.GALLERY, "right, l", "The next image", "step(1)", "right,l,down,j"),
    Action(Scope.GALLERY, "+", "Larger pictures", "larger(1)", "plus,equals_sign"),
    Action(Scope.GALLERY, "-", "Smaller pictures", "larger(-1)", "minus"),
    Action(
        Scope.GALLERY,
        "esc",
        "Back: from the image, from the group, from the gallery",
        "back",
        "escape",
        "back",
    ),
    Action(Scope.LIST, "up, k", "Up", "move(-1)", "up,k"),
    Action(Scope.LIST, "down, j", "Down", "move(1)", "down,j"),
    Action(Scope.LIST, "PgUp", "A screen up", "page(-1)", "pageup"),
    Action(Scope.LIST, "PgDn", "A screen down", "page(1)", "pagedown"),
    Action(Scope.LIST, "Home, g", "To the first row", "go(False)", "home,g"),
    Action(Scope.LIST, "End, G", "To the last row", "go(True)", "end,G"),
    Action(Scope.LIST, "enter", "Choose", "choose", "enter"),
)


def bindings(scope: Scope) -> list[BindingType]:
    """Return the key bindings of a scope."""
    return [
        Binding(action.keys, action.name, action.help, show=False, priority=action.priority)
        for action in ACTIONS
        if action.scope is scope and action.keys
    ]


def legend(scope: Scope) -> list[tuple[str, str]]:
    """Return the keys and words that the last line of a screen shows, most useful first."""
    return [
        (action.label, say(action.word))
        for action in ACTIONS
        if action.scope is scope and action.word
    ]


def slash_commands() -> dict[str, str]:
    """Return the slash commands that are no tools, and what they do."""
    return {action.slash: action.help for action in ACTIONS if action.slash}
