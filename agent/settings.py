"""What a user can set: the names, kinds and defaults, and in which section a screen shows them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from tagsmith.agent.keys import api_key
from tagsmith.agent.server.endpoint import Endpoint, Limits, normalise
from tagsmith.tools.pairing import CAPTION_SUFFIXES, IMAGE_SUFFIXES

DAY = 86_400
SECTIONS = ("server", "engines", "vision models", "interface", "dataset")
CATEGORIES = (
    *("general", "character", "copyright", "artist", "meta", "rating", "species"),
    *("lore", "year", "model", "quality", "invalid"),
)
GENERAL = CATEGORIES[0]

_THRESHOLD = re.compile(r"([A-Za-z0-9._-]{1,100})(?::([a-z]+))?=([0-9.]{1,8})")
_SUFFIX = re.compile(r"\.[a-z0-9_-]{1,16}")


def _setting(section: str, about: str, default: Any, **more: Any) -> Any:
    return Field(default=default, description=about, json_schema_extra={"section": section}, **more)


def _split(value: object) -> object:
    """Take several values from a variable, where commas stand between them."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _check_threshold(item: str) -> str:
    name, category, number = _threshold(item)
    return f"{name}={number:g}" if category == GENERAL else f"{name}:{category}={number:g}"


def _threshold(item: str) -> tuple[str, str, float]:
    """Return model, category and number. Raises ValueError where it is not written so."""
    found = _THRESHOLD.fullmatch(item.replace(" ", ""))
    category = found[2] or GENERAL if found else ""
    try:
        number = float(found[3]) if found else 0.0
    except ValueError:
        number = 0.0
    if found is None or category not in CATEGORIES or not 0 < number <= 1:
        raise ValueError(
            f"{item!r} is not MODEL=NUMBER or MODEL:CATEGORY=NUMBER, with a number up to 1 and a "
            f"category of {', '.join(CATEGORIES)}"
        )
    return found[1], category, number


def _check_suffixes(value: list[str]) -> list[str]:
    suffixes = list(dict.fromkeys(one.lower() for one in value))
    for one in suffixes:
        if not _SUFFIX.fullmatch(one) or one in IMAGE_SUFFIXES:
            raise ValueError(f"{one!r} is no ending of a caption file, such as .txt")
    if not suffixes:
        raise ValueError("there must be one ending at least")
    return suffixes


Seconds = Annotated[float, Field(gt=0, le=DAY)]
Several = BeforeValidator(_split)


class Settings(BaseModel):
    """What a user can set; every name is a key of the file and, as TAGSMITH_NAME, a variable."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    engine: Literal["auto", "server", "offline"] = _setting(
        "engines",
        "who answers: a model server where one is found, only a server, or the built-in engine",
        "auto",
    )
    base_url: Annotated[str, AfterValidator(normalise)] = _setting(
        "server", "address of the model server", "http://localhost:1234/v1"
    )
    model: str = _setting(
        "server", "the model that answers; without it, the one that is loaded", ""
    )
    caption_model: str = _setting(
        "server", "the model that captions images; without it, the one that answers", ""
    )
    context_length: int | None = _setting(
        "server",
        "tokens that the model has room for; without it, what the server says",
        None,
        ge=512,
    )
    connect_timeout: Seconds = _setting("server", "seconds to wait for a connection", 5.0)
    first_token_timeout: Seconds = _setting(
        "server", "seconds to wait until an answer begins", 120.0
    )
    between_tokens_timeout: Seconds = _setting(
        "server", "seconds to wait for the next piece of an answer", 30.0
    )
    turn_timeout: Seconds = _setting(
        "server", "seconds that one message may take, its tools included", 600.0
    )
    proxy: str | None = _setting(
        "server",
        "address of the HTTP proxy to the server; that of the environment is not used",
        None,
        repr=False,
        pattern=r"^https?://\S+$",
    )
    keyring: bool = _setting(
        "server", "whether the server's key is looked for in the keyring too", False
    )
    models_folder: str = _setting(
        "vision models",
        "folder with models that were put there by hand, one folder each; without it, `models` in "
        "Tagsmith's data folder",
        "",
    )
    thresholds: Annotated[list[Annotated[str, AfterValidator(_check_threshold)]], Several] = (
        _setting(
            "vision models",
            "scores from which a tagger's tags are proposed, each as `MODEL=NUMBER` or "
            "`MODEL:CATEGORY=NUMBER`; without one, the model's own",
            [],
        )
    )
    theme: Literal["auto", "dark", "light", "ansi"] = _setting(
        "interface",
        "colours: as the terminal is, dark, light, or those of the terminal alone",
        "auto",
    )
    language: Literal["", "en", "es"] = _setting(
        "interface", "language of the interface; without it, that of the system", ""
    )
    images: Literal["auto", "half", "off"] = _setting(
        "interface", "pictures: as well as the terminal can, in half cells, or none", "auto"
    )
    animation: bool = _setting("interface", "whether anything on the screen moves by itself", True)
    caption_extensions: Annotated[list[str], AfterValidator(_check_suffixes), Several] = _setting(
        "dataset",
        "endings of caption files; where an image has several the first is edited",
        list(CAPTION_SUFFIXES),
    )

    def endpoint(self, environ: Mapping[str, str] = os.environ) -> Endpoint:
        """Return the model server that is set, with its key if there is one."""
        return Endpoint(
            self.base_url,
            model=self.model,
            key=api_key(self.base_url, environ, keyring=self.keyring),
            limits=Limits(
                connect=self.connect_timeout,
                first_token=self.first_token_timeout,
                between_tokens=self.between_tokens_timeout,
                turn=self.turn_timeout,
            ),
            context_length=self.context_length,
            proxy=self.proxy,
        )

    def cuts(self) -> dict[str, dict[str, float]]:
        """Return the thresholds by model and category."""
        found: dict[str, dict[str, float]] = {}
        for item in self.thresholds:
            name, category, number = _threshold(item)
            found.setdefault(name, {})[category] = number
        return found


def section_of(name: str) -> str:
    """Return the section in which a setting is shown."""
    extra = Settings.model_fields[name].json_schema_extra
    return str(extra["section"]) if isinstance(extra, dict) else SECTIONS[0]


def choices(name: str) -> tuple[Any, ...]:
    """Return the values that a setting can have where they are few; none otherwise."""
    kind = Settings.model_fields[name].annotation
    return (True, False) if kind is bool else get_args(kind) if _is_literal(kind) else ()


def _is_literal(kind: object) -> bool:
    return getattr(kind, "__origin__", None) is Literal
