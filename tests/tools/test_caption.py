"""Captions: every byte that an edit does not name stays as it was."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tagsmith.tools.caption import Caption, why_not_editable
from tagsmith.tools.reading import KeyReader, Needles, read_tags
from tagsmith.tools.tags import key

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
CAPTION_TEXT = st.lists(
    st.one_of(
        st.sampled_from([",", ", ", ",  ", " ,", "|||", " ||| ", ";;;", "\n", "\r\n", "\r", " "]),
        st.sampled_from(["dog", "long hair", "long_hair", "^_^", "{a, b|c}", r"fate \(x\)", "犬"]),
        st.sampled_from(["[trigger]", "{", "}", "|", ":)", "1girl", "é", "a" * 30]),
    ),
    max_size=14,
).map("".join)
WORD = st.text(alphabet=string.ascii_lowercase + "_é犬:()", min_size=1, max_size=8).filter(
    lambda tag: bool(key(tag)) and "{" not in tag
)
# Plain lists of distinct short tags: none of them reads as prose.
TAG_LIST = st.lists(WORD, min_size=1, max_size=8, unique_by=key)


def parse(text: str) -> Caption:
    return Caption.parse(text.encode())


@given(ANY_TEXT | CAPTION_TEXT, st.booleans())
def test_writing_back_an_unchanged_caption_gives_the_same_bytes(text: str, bom: bool) -> None:
    data = (b"\xef\xbb\xbf" if bom else b"") + text.encode()
    assert Caption.parse(data).to_bytes() == data


@given(ANY_TEXT | CAPTION_TEXT)
def test_the_fast_reader_sees_the_same_keys_as_the_parser(text: str) -> None:
    caption = parse(text)
    assert KeyReader().keys(text.encode()) == [one for one in caption.keys if one]
    assert read_tags(text.encode()) == caption.tags


@given(ANY_TEXT | CAPTION_TEXT, st.data())
def test_a_caption_that_a_glance_rules_out_holds_none_of_the_tags(
    text: str, data: st.DataObject
) -> None:
    caption = parse(text).as_tags()
    there = data.draw(st.sampled_from(caption.keys)) if caption.keys else "x"
    wanted = [there, data.draw(st.sampled_from(["dog", "long hair", "fate (x)", "^_^"]))]
    if Needles(wanted).absent(text.encode()):
        assert not set(wanted) & set(caption.keys)


def test_a_glance_rules_out_what_plainly_is_not_there() -> None:
    assert Needles(["long hair"]).absent(b"1girl, shorthair")
    assert not Needles(["long hair"]).absent(b"1girl, LONG_hair")
    assert not Needles(["strasse"]).absent("stra\u00dfe".encode())


@given(CAPTION_TEXT, st.data())
def test_removing_a_tag_cuts_one_run_of_bytes_per_occurrence(
    text: str, data: st.DataObject
) -> None:
    caption = parse(text)
    unique = [tag for tag in caption.tags if caption.keys.count(key(tag)) == 1]
    if not unique:
        return
    tag = data.draw(st.sampled_from(unique))
    after = caption.remove(key(tag).__eq__).text
    cut = len(text) - len(after)
    runs = [text[i : i + cut] for i in range(len(after) + 1) if text[:i] + text[i + cut :] == after]
    assert any(not run.replace(tag, "", 1).strip(" ,\r\n") for run in runs if tag in run)
    assert sorted(parse(after).keys) == sorted(one for one in caption.keys if one != key(tag))


@given(TAG_LIST, WORD, st.data())
def test_replacing_and_replacing_back_restores_the_caption(
    tags: list[str], new: str, data: st.DataObject
) -> None:
    old = data.draw(st.sampled_from(tags))
    if key(new) in map(key, tags):
        return
    separator = data.draw(st.sampled_from([", ", ",", " ,  "]))
    caption = parse(separator.join(tags))
    there = caption.replace({key(old): [new]})
    assert there.tags == [new if tag == old else tag for tag in tags]
    assert there.replace({key(new): [old]}).to_bytes() == caption.to_bytes()


@given(CAPTION_TEXT, WORD, st.sampled_from(["first", "last"]))
def test_a_trigger_added_twice_is_added_once(text: str, trigger: str, position: str) -> None:
    once = parse(text).put(trigger, position)
    assert once.put(trigger, position).to_bytes() == once.to_bytes()


@given(CAPTION_TEXT, st.sampled_from(["dog", "Long_Hair"]), st.sampled_from(["first", "last"]))
@example("dog, dog", "Dog", "first")
@example("dog,,dog\r\n\r\ndog\n", "dog", "last")
def test_a_tag_that_is_put_stands_once_and_the_others_stay(
    text: str, tag: str, position: str
) -> None:
    before = parse(text)
    after = before.put(tag, position)
    if after is not before or not before.prose:
        assert after.keys.count(key(tag)) == 1
        others = [one for one in before.keys if one != key(tag)]
        assert [one for one in after.keys if one != key(tag)] == others


@given(CAPTION_TEXT, WORD, st.sampled_from(["first", "last"]))
def test_pruning_what_was_added_is_the_identity(text: str, trigger: str, position: str) -> None:
    caption = parse(text)
    if key(trigger) in caption.keys or not caption.tags:
        return
    added = caption.insert(trigger, position)
    if added.prose != caption.prose:
        return
    assert added.remove(key(trigger).__eq__).to_bytes() == caption.to_bytes()


@pytest.mark.parametrize(
    ("before", "new_for", "after"),
    [
        ("dog, cat, x", {"dog": ["wolf"], "cat": ["feline"]}, "wolf, feline, x"),
        ("a, b", {"a": ["b"], "b": ["a"]}, "b, a"),
        ("wolf, dog", {"dog": ["wolf"]}, "wolf"),
        ("dog, wolf", {"dog": ["wolf"]}, "wolf"),
        ("dog, x, dog", {"dog": ["wolf"]}, "wolf, x, wolf"),
        ("dog, y, cat", {"dog": ["pet"], "cat": ["pet"]}, "pet, y"),
        ("a, b,c", {"b": ["x", "y"]}, "a, x, y,c"),
        ("long_hair, x", {"long hair": ["long hair"]}, "long hair, x"),
        ("dog", {"dog": ["dog"]}, "dog"),
        ("hair, chair, long hair", {"hair": ["fur"]}, "fur, chair, long hair"),
        ("dog||| x ;;; dog", {"dog": ["cat"]}, "cat||| x ;;; cat"),
    ],
)
def test_replace(before: str, new_for: dict[str, list[str]], after: str) -> None:
    assert parse(before).replace(new_for).text == after


@pytest.mark.parametrize(
    ("before", "tag", "after"),
    [
        ("a, b, c", "a", "b, c"),
        ("a, b, c", "b", "a, c"),
        ("a, b, c\n", "c", "a, b\n"),
        ("a,b , c", "b", "a , c"),
        ("a ||| b, c", "b", "a ||| c"),
        ("a ||| b", "a", " ||| b"),
        ("a, b ;;; c", "b", "a ;;; c"),
        ("first\nsecond\n", "first", "second\n"),
        ("first\nsecond", "second", "first"),
        ("only\r\n", "only", "\r\n"),
        ("hair, chair, long hair", "hair", "chair, long hair"),
        ("dog, x, dog, dog", "dog", "x"),
        ("x, {a, b|c}, y", "b|c}", "x, {a, b|c}, y"),
    ],
)
def test_remove(before: str, tag: str, after: str) -> None:
    assert parse(before).remove(key(tag).__eq__).text == after


@pytest.mark.parametrize(
    ("before", "position", "after_tag", "after"),
    [
        ("a, b", "first", None, "T, a, b"),
        ("a,b\n", "last", None, "a,b,T\n"),
        ("a, b,", "last", None, "a, b, T,"),
        ("a, b, c", "first", "b", "a, b, T, c"),
        ("a ||| b", "first", None, "T, a ||| b"),
        ("b, T", "first", None, "T, b"),
        ("T, b", "first", None, "T, b"),
        ("t, b", "first", None, "T, b"),
        ("T, b, T", "first", None, "T, b"),
        ("", "first", None, "T"),
        ("\n", "first", None, "T\n"),
        ("\nx", "first", None, "\nT, x"),
        ("\ufeffx", "first", None, "\ufeffT, x"),
        (
            "A girl is standing in the garden.\n",
            "first",
            None,
            "A girl is standing in the garden.\n",
        ),
    ],
)
def test_put(before: str, position: str, after_tag: str | None, after: str) -> None:
    caption = Caption.parse(before.encode())
    assert caption.put("T", position, after_tag).to_bytes().decode() == after


@pytest.mark.parametrize(
    "line",
    [
        "A girl with long red hair is standing in a garden, holding a cup.",
        "1girl, solo, long hair. She is standing in a field of flowers.",
        "a photo of a dog that runs on the beach",
        "una foto de un perro que corre por la playa",
        "犬が走っている。",
    ],
)
def test_sentences_are_prose(line: str) -> None:
    assert parse(line).prose
    assert parse(line).tags == []


@pytest.mark.parametrize(
    "line",
    [
        "1girl, solo, hair between eyes, looking at viewer, arms behind back, standing on one leg",
        "the legend of zelda: breath of the wild, link, 1boy, solo, outdoors",
        "dr. stone, mr. bean, c.c., !?, :3, ?",
        "long hair",
        "kono subarashii sekai ni shukufuku wo!, megumin, 1girl, hat",
        "a, b, c, d, e, f, g",
        "",
    ],
)
def test_long_tags_are_no_prose(line: str) -> None:
    assert not parse(line).prose


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("a, b".encode("utf-16"), "UTF-16"),
        ("a, b".encode("utf-16-le"), "NUL"),
        ("犬, 猫".encode("cp932"), "not UTF-8"),
        ("niño, café".encode("latin-1"), "not UTF-8"),
        ("狗, 猫".encode("gbk"), "not UTF-8"),
        (b"x" * (1024 * 1024 + 1), "larger than 1 MiB"),
        (b"a\0b", "NUL"),
    ],
)
def test_what_is_not_utf8_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    assert reason in str(why_not_editable(data))


@pytest.mark.parametrize(
    "data", [b"", b" \n", b",,", "é, ZWJ 👩‍👩‍👧, \u202e".encode(), b"\xef\xbb\xbfa"]
)
def test_odd_but_decodable_bytes_can_be_edited(data: bytes) -> None:
    assert why_not_editable(data) is None


def test_a_caption_of_ten_thousand_tags_keeps_all_others() -> None:
    tags = [f"tag {number}" for number in range(10_000)]
    after = parse(", ".join(tags)).remove("tag 5000".__eq__)
    assert after.tags == tags[:5000] + tags[5001:]
