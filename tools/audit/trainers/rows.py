"""What each row of the lint is called, why it matters, and what a user can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tagsmith.tools.audit.trainers.reading import Row
from tagsmith.tools.wording import count


@dataclass(frozen=True, slots=True)
class About:
    """One row in words: "12 ``noun``s ``phrase``", why, what to do, and how much it matters.

    ``harm`` and ``confidence`` are those of a Finding; ``fix`` is fix_trainer's that mends it.
    """

    noun: str
    phrase: str
    why: str
    remedy: str
    harm: float
    confidence: float = 1.0
    fix: str = ""

    def told(self, number: int) -> str:
        """Return the row with a number: "12 images with an empty caption file"."""
        return f"{count(number, self.noun)} {self.phrase}"


ROWS: Mapping[Row, About] = MappingProxyType(
    {
        Row.SETTING: About(
            "setting",
            "that the trainer has to be given",
            "Without it kohya finds no image, or trains each without its caption and only warns.",
            "Give the setting; or name the folders N_name, and the captions .caption.",
            0.8,
            0.4,
        ),
        Row.EMPTY: About(
            "image",
            "with an empty caption file",
            "kohya's sd-scripts stop there; others train the image without any text.",
            "Tag them, or move the empty files to the trash.",
            0.6,
            fix="empty",
        ),
        Row.ENCODING: About(
            "image",
            "whose caption is not UTF-8",
            "Every trainer ends with an error at the first such file.",
            "convert_captions rewrites them once you say what they are written in.",
            0.95,
        ),
        Row.NO_METADATA: About(
            "image",
            "without metadata.jsonl or metadata.csv",
            "diffusers reads captions from these only, and stops where there is no caption column.",
            "fix_trainer writes a metadata.jsonl from the captions.",
            0.95,
            fix="metadata",
        ),
        Row.BAD_METADATA: About(
            "metadata file",
            "that cannot be used",
            "The script stops before the first step.",
            "Correct the file, or let fix_trainer write it anew with fixes=metadata.",
            0.95,
        ),
        Row.NOT_TEXT: About(
            "image",
            "whose caption in the metadata is no text",
            "The script stops at a caption that is neither a text nor a list of texts.",
            "Write a text there, an empty one if need be.",
            0.9,
        ),
        Row.ROW_WITHOUT_FILE: About(
            "row",
            "of the metadata without an image",
            "The script stops at an image that is not there.",
            "Remove these rows, or let fix_trainer write the metadata anew with fixes=metadata.",
            0.9,
        ),
        Row.ESCAPES: About(
            "row",
            "of the metadata that leaves its folder",
            "The script stops; before datasets 5 it opened and trained what lies there.",
            "Remove these rows.",
            0.9,
        ),
        Row.EXTENSION: About(
            "image",
            "whose caption has an extension that is not read",
            "The image is trained without its caption, after a warning at most.",
            "Tell the trainer the extension, or rename the captions: fixes=extension.",
            0.9,
            fix="extension",
        ),
        Row.MISSING: About(
            "image",
            "without a caption that is read",
            "The image is trained with an empty text, or with the class token of its folder.",
            "Tag them (run_tagger mode=fill), or leave them out if that is not wanted.",
            0.6,
            0.9,
        ),
        Row.BLANK_FIRST: About(
            "image",
            "whose caption begins with a blank line",
            "Only the first line is read, so the caption is empty.",
            "fix_trainer removes the blank lines before the text.",
            0.85,
            fix="blank",
        ),
        Row.LATER_LINES: About(
            "image",
            "with lines that are ignored",
            "Only the first line is read; tags on the others are never trained.",
            "fixes=lines joins them to one line; leave them if they are alternatives.",
            0.7,
            0.8,
            fix="lines",
        ),
        Row.RANDOM_LINE: About(
            "image",
            "with several captions, one of which is drawn at random",
            "Each step sees one line only: wanted for alternatives, not for a wrapped text.",
            "Leave it if the lines are alternatives; fixes=lines joins them otherwise.",
            0.3,
            0.5,
            fix="lines",
        ),
        Row.JOINED_LINES: About(
            "image",
            "with several lines that are one caption",
            "The newlines are part of the text, between the last tag of a line and the next.",
            "fixes=lines joins them with commas.",
            0.15,
            0.6,
            fix="lines",
        ),
        Row.BOM: About(
            "image",
            "whose caption begins with a byte-order mark",
            "The mark becomes part of the first tag, often the trigger, which is then another one.",
            "fix_trainer removes the mark.",
            0.7,
            fix="bom",
        ),
        Row.SHARED: About(
            "image",
            "sharing a caption with another image of the same name",
            "Both are trained with one caption, which can be right for one of them only.",
            "Rename one of them, or isolate it.",
            0.5,
            0.9,
        ),
        Row.ORPHAN: About(
            "caption",
            "of no image that is read",
            "Nothing is trained with it: the image is missing, or is named otherwise.",
            "Look for the image; a caption named a.png.txt belongs to a.txt.",
            0.25,
        ),
        Row.CASE: About(
            "file",
            "whose suffix is in a case that is not read",
            "On a disk that tells cases apart, the file is passed over in silence.",
            "fix_trainer writes the suffix in lower case.",
            0.8,
            fix="names",
        ),
        Row.SUFFIX: About(
            "image",
            "of a kind that is not read",
            "The image is never trained on, and nobody says so.",
            "Convert it to png, jpg or webp with an image program.",
            0.6,
        ),
        Row.ROOT: About(
            "image",
            "beside the N_name folders",
            "kohya reads the numbered folders only.",
            "Move them into such a folder, or list the root in a dataset config.",
            0.7,
            0.9,
        ),
        Row.NESTED: About(
            "image",
            "in a folder that is not read",
            "The trainer does not go there with these settings.",
            "Move them, or give the trainer that folder too; leave them if they are set aside.",
            0.6,
            0.7,
        ),
        Row.SET_ASIDE: About(
            "image",
            "that was set aside and is read all the same",
            "This trainer reads every folder below: isolated and discarded images are trained on.",
            "Move the folder out of the dataset before training.",
            0.85,
        ),
        Row.MASK: About(
            "mask",
            "trained on as an image",
            "Black-and-white masks become training images with an empty caption.",
            "Move the masks into a folder of their own and give the trainer that folder.",
            0.85,
        ),
        Row.BORROWED: About(
            "image",
            "that takes another image's caption",
            "kohya also tries the name without its last four parts; it may be the wrong caption.",
            "Give them captions of their own if it is.",
            0.3,
            0.6,
        ),
        Row.RESERVED: About(
            "file",
            "with a name that the trainer keeps for itself",
            "Its text can become the caption of images that have none.",
            "Rename it if that is not what it is for.",
            0.15,
            0.5,
        ),
        Row.FOREIGN: About(
            "file",
            "of other tools",
            "Passed over; they take room, and may be captions that were meant to be read.",
            "Nothing, or remove them.",
            0.05,
            0.6,
        ),
        Row.TRIGGER: About(
            "image",
            "whose trigger may be shuffled away or dropped",
            "Only the first tags keep their place when tags are shuffled or dropped.",
            "fix_trainer with the trigger moves it to the front.",
            0.6,
            0.8,
            fix="trigger",
        ),
        Row.KEEP_SEPARATOR: About(
            "image",
            "with ||| in the caption",
            "It is trained as text unless the trainer is told that it separates.",
            "For kohya give --keep_tokens_separator '|||'; elsewhere replace it by a comma.",
            0.3,
            0.6,
        ),
        Row.SECONDARY: About(
            "image",
            "with ;;; in the caption",
            "It is trained as text unless the trainer is told that it separates.",
            "For kohya give --secondary_separator ';;;'; elsewhere replace it by a comma.",
            0.3,
            0.6,
        ),
        Row.WILDCARD: About(
            "image",
            "with {a|b} in the caption",
            "It is trained as text unless wildcards are switched on.",
            "For kohya give --enable_wildcard; elsewhere choose one of the words.",
            0.3,
            0.6,
        ),
        Row.PLACEHOLDER: About(
            "image",
            "with [trigger] in the caption",
            "It becomes the trigger_word of the configuration, and nothing where that is not set.",
            "Set trigger_word.",
            0.3,
            0.6,
        ),
        Row.DOUBLE_SPACE: About(
            "image",
            "whose commas get two spaces",
            "ai-toolkit joins with a comma and a space what it cut at commas; CLIP does not mind.",
            "Nothing.",
            0.02,
        ),
        Row.STALE_CACHE: About(
            "cache",
            "older than its caption",
            "kohya uses cached text without looking at the caption: your edits are not trained.",
            "fix_trainer moves these caches to the trash; they are made again.",
            0.9,
            fix="caches",
        ),
        Row.CACHE: About(
            "cache",
            "of texts",
            "Caches are used whatever the captions say; after edits they have to go.",
            "Nothing while captions stay as they are.",
            0.05,
            0.5,
        ),
        Row.OVER_75: About(
            "image",
            "whose caption has more than 75 tokens",
            "CLIP takes 75 at a time: without kohya's max_token_length 150 or 225 the rest is cut.",
            "Give --max_token_length 225, or prune; models with T5 take more.",
            0.4,
            0.7,
        ),
        Row.OVER_225: About(
            "image",
            "whose caption has more than 225 tokens",
            "No setting of CLIP-based training takes that many: the rest is cut.",
            "Prune tags, or put the important ones first; models with T5 take more.",
            0.5,
            0.7,
        ),
        Row.FILE_WITHOUT_ROW: About(
            "image",
            "that no row of the metadata names",
            "They are never trained on, and nobody says so.",
            "Add rows, or let fix_trainer write the metadata anew with fixes=metadata.",
            0.7,
            0.9,
        ),
        Row.DIFFERS: About(
            "image",
            "whose metadata says something else than its caption file",
            "The metadata is what is trained: edits of the caption files have no effect.",
            "Let fix_trainer write the metadata anew with fixes=metadata.",
            0.8,
        ),
    }
)
# What is no problem of a file: the lint tells it elsewhere, or not at all.
FACTS = frozenset({Row.REPEATS, Row.LATENTS, Row.SETTING})
