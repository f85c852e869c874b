"""The plain chat on a real terminal: the daily work, leaving, and what it never writes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from model_replies import Hang, Reply, chunk, event, text
from model_server import ModelServer

ORDER = "quita watermark y pon el trigger coco donde haya dog"
CTRL_C, CTRL_D = "\x03", "\x04"


@pytest.fixture
def server():
    with ModelServer("llamacpp") as found:
        yield found


def test_a_spanish_order_is_reviewed_thinned_applied_and_undone(plain, captions, assert_plain):
    before = captions()
    chat = plain()
    told = chat.ask(ORDER)
    assert "Tool: prune_tags, tags watermark. 18 files staged." in told
    assert "State: staged: 36 files; nothing written yet." in told
    assert "Plan: 36 files: 18 tags removed, 18 tags added." in told
    shown = chat.ask("/show img_0001")
    assert "\n- watermark\n+ coco, first\nBefore:\n  dog, solo, brown fur, watermark" in shown
    assert "\nAfter:\n  coco, dog, solo, brown fur, grass\n" in shown
    assert "State: staged: 35 files" in chat.ask("/drop img_0001")
    assert captions() == before
    chat.ask("/apply", "Type 35, the number of files, to apply it: ")
    assert "Applied to 35 files. /undo takes it back." in chat.ask("35")
    after = captions()
    assert after["img_0001.txt"] == before["img_0001.txt"]
    assert after["img_0009.txt"] == "coco, dog, solo, brown fur, grass"
    assert chat.leave() == 0
    assert_plain(chat)

    again = plain()
    assert "State: staged: 35 files" in again.ask("/undo")
    again.ask("/apply", "to apply it: ")
    again.ask("35")
    assert captions() == before
    assert "undone" in again.ask("/history")
    assert again.leave("/quit\n") == 0


def test_a_small_plan_is_applied_with_yes_and_with_nothing_else(plain, captions):
    before = captions()
    chat = plain()
    chat.ask("remove hat from img_0006")
    chat.ask('/prune_tags hat --where "name:img_0006*"')
    for answer in ("y", "1", ""):
        chat.ask("/apply", "Type yes to apply it: ")
        assert "Not applied. The plan stays pending." in chat.ask(answer)
    assert captions() == before
    chat.ask("/apply", "Type yes to apply it: ")
    assert "Applied to 1 file." in chat.ask("yes")
    assert captions()["img_0006.txt"] == "monkey, outdoors, watermark"


def test_deleting_asks_for_the_number_however_few(plain, pets):
    chat = plain()
    chat.ask('/delete_images --where "name:img_0006*"')
    assert "This deletes files." in chat.ask("/apply", "Type 2, the number of files")
    assert "Not applied" in chat.ask("yes")
    chat.ask("/apply", "to apply it: ")
    assert "Applied to 2 files." in chat.ask("2")
    assert not (pets / "img_0006.png").exists()


def test_what_was_pasted_behind_apply_decides_nothing(plain, captions):
    before = captions()
    chat = plain()
    chat.ask('/prune_tags hat --where "name:img_0006*"')
    chat.type("/apply\nyes\n")
    chat.until("Type yes to apply it: ")
    chat.type("\n")
    chat.until("Not applied.")
    assert captions() == before


def test_steps_and_files_are_dropped_and_taken_back(plain, assert_plain):
    chat = plain()
    chat.ask(ORDER)
    told = chat.ask("/plan")
    assert "By kind: 36 captions edited." in told
    assert "\nStep 1: Remove watermark from 18 captions.\nStep 2: Put coco" in told
    assert "staged: 24 files" in chat.ask("/drop step 1")
    assert "\nStep 1, dropped: Remove watermark" in chat.ask("/plan")
    assert "staged: 36 files" in chat.ask("/keep step 1")
    assert "staged: 29 files" in chat.ask("/drop img_000*")
    assert "\n1. dropped: img_0001.txt" in chat.ask("/files")
    assert "Files 21 to 36 of 36, page 2 of 2." in chat.ask("/files 2")
    assert "Dropped: this stays as it is." in chat.ask("/show 1")
    assert "staged: 30 files" in chat.ask("/keep 1")
    assert "There is no page 3" in chat.ask("/files 3")
    assert "no number 37" in chat.ask("/show 37")
    assert "called 'nobody'" in chat.ask("/show nobody")
    assert "There is no step 9." in chat.ask("/drop step 9")
    assert "\n1 tag removed:\n- watermark: 15 files\n1 tag added:\n+ coco: 15 files" in chat.ask(
        "/tags"
    )
    assert "State: nothing staged." in chat.ask("/reject")
    assert "Nothing is staged." in chat.ask("/apply")
    assert_plain(chat)


def test_a_caption_is_edited_on_the_line_and_in_the_editor(plain, tmp_path, captions):
    script = tmp_path / "my editor"
    script.write_text('#!/bin/sh\nprintf "cat, sofa\\n" > "$1"\n')
    script.chmod(0o755)
    chat = plain()
    chat.ask('/prune_tags hat --where "name:img_0006*"')
    chat.type("/edit img_0006\n")
    chat.until("Caption: monkey, outdoors, watermark")
    chat.type(", tree\n")
    assert "After:\n  monkey, outdoors, watermark, tree" in chat.until("\n> ")
    assert chat.leave() == 0
    again = plain("--continue", EDITOR=f"'{script}'")
    assert "After:\n  cat, sofa\n" in again.ask("/edit img_0006")
    again.ask("/apply", "to apply it: ")
    again.ask("yes")
    assert captions()["img_0006.txt"] == "cat, sofa"


def test_ctrl_c_stops_a_slow_turn_and_not_the_program(plain, server):
    server.script(
        Reply((event(chunk({"content": "The first line.\nThe sec"})), Hang())), text("Again.")
    )
    chat = plain(TAGSMITH_ENGINE="server", TAGSMITH_BASE_URL=server.base_url)
    chat.type("tell me a story\n")
    chat.until("\n  The first line.\n")
    chat.type(CTRL_C)
    told = chat.until("\n> ")
    assert "Stopping. Ctrl-C once more leaves at once." in told
    assert "Stopped. Nothing was written." in told
    assert server.chats[-1].left.wait(10)
    assert "  Again.\n" in chat.ask("and now?")
    chat.interrupt("Ctrl-C once more, Ctrl-D or /quit leaves.\n> ")
    assert chat.leave(CTRL_C, again=CTRL_C) == 0


def test_a_tool_that_takes_long_tells_how_far_it_is_and_stops(plain, tmp_path, assert_plain):
    slow = tmp_path / "slow" / "sitecustomize.py"
    slow.parent.mkdir()
    slow.write_text(SLOW_ENGINE)
    path = os.pathsep.join(filter(None, (str(slow.parent), os.environ.get("PYTHONPATH"))))
    chat = plain(PYTHONPATH=path)
    chat.type("work\n")
    chat.until("Counting 200 of 1,000 images")
    chat.type(CTRL_C)
    chat.until("Ctrl-C once more leaves at once.")
    assert "Stopped at 200." in chat.until("\n> ")
    assert_plain(chat)
    chat.type("hang\n")
    chat.until("Hanging.")
    chat.type(CTRL_C)
    chat.until("Ctrl-C once more leaves at once.")
    assert chat.leave(CTRL_C) == 130
    assert "Left before the work had ended." in chat.text


SLOW_ENGINE = """
import time
from tagsmith.agent.events import Said
from tagsmith.agent.offline.engine import OfflineEngine
from tagsmith.tools.watch import Step
from tagsmith.tui.commands import progress

progress.SILENT_FOR = 0.0

def respond(self, text, workspace):
    yield Said("Hanging.\\n" if text == "hang" else "Working.\\n")
    while text == "hang":
        time.sleep(0.05)
    workspace.watch.tell(Step("Counting", 200, 1000))
    while True:
        workspace.watch.check("Stopped at 200.")
        time.sleep(0.05)

OfflineEngine.respond = respond
"""


def test_a_session_goes_on_with_its_plan(plain, start, pets):
    chat = plain()
    chat.ask(ORDER)
    chat.type(CTRL_D)
    chat.until("36 files pending, nothing written. `tagsmith --resume ")
    session = chat.until("`").rstrip("`").split()[0]
    for words in (("--continue",), ("--resume", session)):
        again = start("chat", "--plain", *words)
        told = again.until("\n> ")
        assert f"\n  > {ORDER}\n" in told
        assert "This goes on with the session of" in told
        assert "State: staged: 36 files; nothing written yet." in told
        assert again.leave() == 0


def test_consent_for_another_machine_is_asked_in_words(plain):
    chat = plain(TAGSMITH_ENGINE="server", TAGSMITH_BASE_URL="http://192.0.2.7:1234/v1")
    told = chat.ask("remove watermark")
    assert "Question: http://192.0.2.7:1234/v1 is not on this machine." in told
    assert "Say for example: yes" in told


def test_without_a_terminal_nothing_is_asked(start, pets, env):
    for words in (["--plain", str(pets)], ["chat", "--plain", str(pets)], ["--plain"]):
        ran = subprocess.run(
            [sys.executable, "-m", "tagsmith", *words],
            input=b"remove watermark\n/apply\nyes\n",
            capture_output=True,
            env=env,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 2
        assert b"tagsmith run DATASET TEXT" in ran.stderr
        assert ran.stdout == b""


def test_without_a_dataset_it_asks_for_one(start, pets):
    chat = start("--plain")
    chat.until("Folder: ")
    chat.type(f"{pets}/nowhere\n")
    assert "Error: There is no folder" in chat.until("Folder: ")
    chat.type("demo\n")
    assert "pets: " in chat.until("\n> ")
    assert chat.leave() == 0
    other = start("--plain")
    other.until("Folder: ")
    assert other.leave() == 0


@pytest.mark.parametrize(
    "more",
    [{"ACCESSIBLE": "yes", "NO_COLOR": "1"}, {"ACCESSIBLE": "1", "TERM": "dumb"}],
)
def test_accessible_in_the_environment_means_plain(start, pets, more, assert_plain):
    chat = start(pets, **more)
    chat.until("\n> ")
    chat.ask(ORDER)
    for command in ("/plan", "/files", "/show 1", "/history", "/help", "/help prune_tags"):
        chat.ask(command)
    assert chat.leave() == 0
    assert_plain(chat)


def test_the_demo_is_plain_as_well(start, assert_plain):
    chat = start("demo", ACCESSIBLE="1")
    assert "\nSay for example: " in chat.until("\n> ")
    assert "staged: " in chat.ask("remove watermark")
    assert chat.leave() == 0
    assert "The sample dataset stays in " in chat.text
    assert_plain(chat)


def test_input_is_remembered_over_sessions_and_kept_private(plain, tmp_path):
    chat = plain()
    chat.ask("which tags are there?")
    chat.leave()
    file = tmp_path / "state" / "tagsmith" / "input-history"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == "which tags are there?\n"
    again = plain()
    again.type("\x1b[A\n")
    again.until("which tags are there?")
    assert "Tool: list_tag_frequencies" in again.until("\n> ")


def test_hostile_names_tags_and_answers_stay_text(
    start, tmp_path, hostile_texts, assert_plain, server
):
    root = hostile_dataset(tmp_path / "hostile", hostile_texts)
    clean = [one.encode("utf-8", "ignore").decode() for one in hostile_texts]
    server.default = text("Answer:\n" + "\nState: nothing staged.\n".join(clean))
    chat = start("--plain", root, TAGSMITH_ENGINE="server", TAGSMITH_BASE_URL=server.base_url)
    chat.until("\n> ")
    told = chat.ask("what is in here?")
    assert "\n  Answer:\n" in told
    assert told.count("\n  State: nothing staged.\n") == len(clean) - 1
    assert told.count("\nState: nothing staged.\n") == 1
    chat.ask("/add_trigger coco")
    chat.ask("/find_images --where coco --limit 200")
    for page in range(1, 99):
        if "/files" not in chat.ask(f"/files {page}"):
            break
    assert page > 3
    for number in range(1, len(clean) + 1):
        chat.ask(f"/show {number}")
    chat.ask("/prune_tags *")
    chat.ask("/tags")
    chat.ask("/drop *")
    chat.ask("/plan")
    chat.ask("/edit 1", "Caption: coco, [/]")
    chat.type(CTRL_C)
    chat.until("\n> ")
    chat.ask("/server")
    chat.ask("/models")
    assert chat.leave() == 0
    assert_plain(chat)


def hostile_dataset(root: Path, texts: tuple[str, ...]) -> Path:
    root.mkdir()
    for number, one in enumerate(texts):
        stem = os.fsencode(one.replace("/", "|").encode("utf-8", "replace").decode()[:60])
        base = os.fsencode(root) + b"/" + b"%03d " % number + stem.replace(b"\0", b"")
        for suffix, data in ((b".png", b"x"), (b".txt", one.encode("utf-8", "replace"))):
            with open(base + suffix, "wb") as file:
                file.write(data)
    return root


def test_it_loads_no_textual(modules_of):
    loaded = modules_of(
        "import tagsmith.tui.plain.chat, tagsmith.tui.commands.chat, tagsmith.tui.server_talk"
    )
    assert not loaded & {"textual", "rich", "openai", "langchain", "numpy", "PIL"}
