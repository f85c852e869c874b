"""Label files: every form that models come with, read strictly and verbatim."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
import vision_graphs as graphs
from hypothesis import given, settings
from hypothesis import strategies as st

from tagsmith.tools.errors import ModelError
from tagsmith.tools.tags import KAOMOJI
from tagsmith.tools.vision.label_forms import rows
from tagsmith.tools.vision.labels import Labels, cutoffs, read_labels
from tagsmith.tools.vision.spec import LabelSpec, ModelSpec, find_spec, specs

# Names that some loader or other gets wrong.
ODD = (
    *sorted(KAOMOJI),
    "nan",
    "null",
    "none",
    "NA",
    "true",
    "1",
    "\\m/",
    ":3",
    ";)",
    "c.c.",
    "!?",
    "saber_(fate)",
    'don\'t_say_"lazy"',
    "well,_that_happened",
    "kamina_(ttgl)",
    "ポケモン",
    "#unicus_(idolmaster)",
)
FORMATS = ("csv", "lines", "json_map", "json_idx", "json_groups")


def made(**changes: object) -> LabelSpec:
    return LabelSpec.model_validate({"file": "labels", "format": "lines"} | changes)


def a_model(tmp_path: Path, data: bytes | str, spec: ModelSpec | None = None, **changes: object):
    """A model whose label file holds ``data``; returns a call that reads it."""
    spec = spec or find_spec("joytag")
    given_ = spec.labels.model_dump() | {"count": None} | changes
    spec = spec.model_copy(update={"labels": LabelSpec.model_validate(given_)})
    path = tmp_path / spec.labels.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return lambda: read_labels(spec, str(tmp_path))


def reason(read) -> str:
    with pytest.raises(ModelError) as refused:
        read()
    return refused.value.message


@pytest.mark.parametrize("form", FORMATS)
def test_odd_names_come_through_every_form_verbatim(form, tmp_path) -> None:
    nested = ["outer", "inner"] if form == "json_idx" else []
    spec = made(format=form, nested=nested)
    text = graphs.label_text(spec, ODD, ["general"] * len(ODD))
    read = a_model(tmp_path, text, format=form, nested=nested)
    assert read().names == ODD
    assert set(read().categories) == {"general"}


NAMES = st.lists(
    st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1).filter(str.strip),
    min_size=1,
    max_size=12,
    unique=True,
)


@settings(deadline=None)
@given(st.sampled_from(FORMATS), NAMES)
def test_any_printable_names_come_through_every_form(form, names) -> None:
    spec = made(format=form)
    text = graphs.label_text(spec, names, ["general"] * len(names))
    assert [row.name for row in rows(text, spec)] == names


@settings(deadline=None)
@given(st.sampled_from(FORMATS), st.text())
def test_no_text_is_more_than_a_value_error(form, text) -> None:
    with suppress(ValueError):
        assert all(isinstance(row.name, str) for row in rows(text, made(format=form)))


def test_a_file_of_joytag_s_form_has_one_label_more_than_newlines(tmp_path) -> None:
    names = [*ODD, *(f"tag_{i}" for i in range(5813 - len(ODD)))]
    data = "\n".join(names).encode()
    assert data.count(b"\n") == 5812
    spec = find_spec("joytag")
    assert spec.labels.count == 5813
    (tmp_path / "top_tags.txt").write_bytes(data)
    labels = read_labels(spec, str(tmp_path))
    assert len(labels.names) == 5813
    assert (labels.names[0], labels.names[-1]) == (names[0], names[-1])
    assert set(labels.categories) == {"general"}
    (tmp_path / "top_tags.txt").write_bytes(data + b"\n")
    assert read_labels(spec, str(tmp_path)) == labels


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_a_name(tmp_path) -> None:
    assert a_model(tmp_path, b"\xef\xbb\xbfone\r\ntwo\r\n")().names == ("one", "two")


def test_line_separators_of_unicode_end_no_line(tmp_path) -> None:
    assert a_model(tmp_path, "a\u2028b\nc\x85d"[:5])().names == ("a\u2028b", "c")


def test_a_wd_file_is_read_by_its_header_not_by_its_columns_order(tmp_path) -> None:
    text = "count,category,extra,name,tag_id\n9,9,x,general,1\n8,0,x,1girl,2\n7,4,x,miku,3\n"
    labels = a_model(tmp_path, text, find_spec("wd-vit-v3"))()
    assert labels.names == ("general", "1girl", "miku")
    assert labels.categories == ("rating", "general", "character")
    assert labels.thresholds is None


def test_pixai_s_characters_have_their_series_and_its_own_thresholds_count(tmp_path) -> None:
    spec = find_spec("pixai-v0.9")
    text = (
        "id,tag_id,name,category,count,ips\n"
        "0,1,1girl,0,9,[]\n"
        '1,2,misaka_mikoto,4,5,"[""toaru_kagaku_no_railgun"", ""toaru, majutsu""]"\n'
    )
    labels = a_model(tmp_path, text, spec)()
    assert labels.series == {1: ("toaru_kagaku_no_railgun", "toaru, majutsu")}
    assert cutoffs(spec, labels) == (0.30, 0.85)
    (tmp_path / "thresholds.csv").write_text(
        "category,name,threshold\n0,general,0.31\n4,character,0.77\n4,character,0.9\n"
    )
    labels = a_model(tmp_path, text, spec)()
    assert cutoffs(spec, labels) == (0.31, 0.77)


def test_a_model_s_threshold_for_a_label_beats_that_of_its_category(tmp_path) -> None:
    spec = find_spec("wd-vit-v3")
    text = "name,category,best_threshold\ngeneral,9,0.2\n1girl,0,0.61\nsolo,0,\nmiku,4,0.4\n"
    columns = {"name": "name", "category": "category", "threshold": "best_threshold"}
    labels = a_model(tmp_path, text, spec, columns=columns)()
    assert labels.thresholds == (0.2, 0.61, None, 0.4)
    # A rating goes by the best score, whatever threshold the file has for it.
    assert cutoffs(spec, labels) == (None, 0.61, 0.35, 0.4)


def test_thresholds_by_name_may_come_in_a_file_of_their_own(tmp_path) -> None:
    pixai = find_spec("pixai-v0.9")
    (tmp_path / "thresholds.csv").write_text("name,threshold\n1girl,0.6\n")
    labels = a_model(tmp_path, "name,category,ips\n1girl,0,[]\nsolo,0,[]\n", pixai)()
    assert labels.thresholds == (0.6, None)
    assert cutoffs(pixai, labels) == (0.6, 0.30)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("category,threshold\n0,1.5\n", "'1.5' is not between 0 and 1"),
        ("category,threshold\n0,nan\n", "'nan' is not between"),
        ("category,threshold\n77,0.5\n", "'77'"),
        ("label,threshold\n0,0.5\n", "one column 'name' was expected"),
        ("category,name\n0,x\n", "one column 'threshold' was expected"),
    ],
)
def test_thresholds_that_are_none_are_refused(text, says, tmp_path) -> None:
    (tmp_path / "thresholds.csv").write_text(text)
    read = a_model(tmp_path, "name,category,ips\n1girl,0,[]\n", find_spec("pixai-v0.9"))
    assert says in reason(read)
    assert "thresholds.csv" in reason(read)


def test_cl_s_and_camie_s_words_for_categories_are_read_in_any_case(tmp_path) -> None:
    words = "Rating General Character Copyright Artist Meta Model Quality".split()
    cl = {str(i): {"tag": f"t{i}", "category": word} for i, word in enumerate(words)}
    labels = a_model(tmp_path, json.dumps(cl), find_spec("cl-tagger-v1"))()
    assert labels.categories == tuple(word.lower() for word in words)
    # From the text's order nothing follows; the indices count.
    shuffled = json.dumps(dict(reversed(cl.items())))
    assert a_model(tmp_path, shuffled, find_spec("cl-tagger-v1"))() == labels
    camie = {
        "dataset_info": {
            "tag_mapping": {
                "idx_to_tag": {"0": "rating_general", "1": "year_2020"},
                "tag_to_category": {"rating_general": "rating", "year_2020": "year"},
            }
        }
    }
    labels = a_model(tmp_path, json.dumps(camie), find_spec("camie-v2"))()
    assert labels.categories == ("rating", "year")
    assert cutoffs(find_spec("camie-v2"), labels) == (None, None)


GROUPS = [
    {"name": "general", "offset": 0, "count": 2, "tags": ["a", "b"]},
    {"name": "meta", "offset": 2, "count": 1, "tags": ["c"]},
]
CSV, JSON_IDX, JSON_MAP = {"format": "csv"}, {"format": "json_idx"}, {"format": "json_map"}
JSON_GROUPS = {"format": "json_groups"}
REFUSED = [
    (b"one\n\xfftwo", {}, "it is not UTF-8 (byte 4)"),
    ("", {}, "it has no labels"),
    ("one\n\ntwo", {}, "label 1 is empty"),
    ("one\n  \ntwo", {}, "label 1 is empty"),
    ("x" * 501, {}, "longer than 500"),
    ("one\ntwo\none", {}, "labels 0 and 2 are both 'one' (general)"),
    ("o\x1bne", {}, "control character"),
    ("one", {"count": 2}, "it has 1 labels, the spec says 2"),
    ("", CSV, "one column 'name' was expected; the header is empty"),
    ("tag,category\na,0\n", CSV, "one column 'name' was expected; the header is tag, category"),
    ("name,name,category\na,b,0\n", CSV, "one column 'name'"),
    ("name,category\na\n", CSV, "line 2 does not have 2 fields"),
    ("name,category\na,general,x\n", CSV, "line 2 does not have 2 fields"),
    ('name,category\n"a"b,general\n', CSV, "after line 1: "),
    ("name,category\na,77\n", CSV, "does not map its category '77'"),
    ("name,category\n" + "x" * 200_000 + ",0\n", CSV, "field larger than"),
    ("name,category,ips\na,general,{}\n", CSV | {"columns": {"series": "ips"}}, "a JSON list"),
    ("{", JSON_MAP, "Expecting property name"),
    ('{"0": NaN}', JSON_MAP, "NaN is no JSON"),
    ("[" * 100_000, JSON_MAP, "nested too deeply"),
    ('{"0": {"tag": "a"}}', JSON_MAP, "entry 0 is not an object"),
    ('{"0": {"tag": 1, "category": "general"}}', JSON_MAP, "the name of label 0 is no text"),
    ('{"0": {"tag": "a", "category": []}}', JSON_MAP, "the category of label 0 is no text"),
    ('{"1": {"tag": "a", "category": "general"}}', JSON_MAP, "none with index 0"),
    ('{"0": {}, "2": {}}', JSON_MAP, "the JSON has 2 labels, but none with index 1"),
    ('{"0": {}, "0": {}}', JSON_MAP, "'0' twice in one object"),
    ("[]", JSON_IDX, "an object with 'idx_to_tag'"),
    ('{"idx_to_tag": ["a"], "tag_to_category": {}}', JSON_IDX, "tag_to_category has no 'a'"),
    ("{}", JSON_IDX | {"nested": ["outer"]}, "the JSON has no outer"),
    (json.dumps({"categories": GROUPS[1:]}), JSON_GROUPS, "'meta' has 1 tags from 0, not 1 from 2"),
    (json.dumps({"categories": [GROUPS[0] | {"count": 3}]}), JSON_GROUPS, "2 tags from 0, not 3"),
    (json.dumps({"categories": [{}]}), JSON_GROUPS, "is not a list of"),
]


@pytest.mark.parametrize(("data", "changes", "says"), REFUSED)
def test_a_file_that_is_not_the_spec_s_is_refused_by_name(data, changes, says, tmp_path) -> None:
    message = reason(a_model(tmp_path, data, **changes))
    assert message.startswith(f"joytag: {tmp_path / 'top_tags.txt'}: ")
    assert says in message


def test_a_csv_without_categories_takes_the_spec_s(tmp_path) -> None:
    read = a_model(tmp_path, "name\n1girl\n", **CSV, columns={"category": ""}, category="meta")
    assert read().categories == ("meta",)


def test_groups_are_joined_by_their_offsets(tmp_path) -> None:
    text = json.dumps({"categories": GROUPS[::-1]})
    labels = a_model(tmp_path, text, **JSON_GROUPS)()
    assert labels.names == ("a", "b", "c")
    assert labels.categories == ("general", "general", "meta")


def test_one_name_in_two_categories_is_two_labels(tmp_path) -> None:
    text = "name,category\noriginal,general\noriginal,copyright\n"
    assert a_model(tmp_path, text, **CSV)().categories == ("general", "copyright")


def test_a_missing_file_and_one_that_is_no_file_are_named(tmp_path) -> None:
    read = a_model(tmp_path, "one")
    os.remove(tmp_path / "top_tags.txt")
    assert "top_tags.txt: No such file" in reason(read)
    (tmp_path / "top_tags.txt").mkdir()
    assert "top_tags.txt: " in reason(read)


def test_a_huge_file_is_refused_unread(tmp_path) -> None:
    read = a_model(tmp_path, "one")
    with open(tmp_path / "top_tags.txt", "wb") as file:
        file.truncate(1 << 32)
    assert "larger than 64 MiB" in reason(read)


@pytest.mark.parametrize("name", [spec.name for spec in specs().values() if spec.labels])
def test_every_shipped_spec_reads_a_file_of_its_form(name, labelled) -> None:
    spec = find_spec(name)
    labels = read_labels(spec, str(labelled(name)))
    assert isinstance(labels, Labels)
    assert len(labels.names) == len(labels.categories) == graphs.count_of(spec)
    assert set(spec.thresholds) <= set(labels.categories)
    assert len(set(labels.categories)) >= len(set(spec.labels.categories.values()))
