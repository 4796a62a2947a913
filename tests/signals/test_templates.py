"""The template miner: what becomes a variable, what is promised whatever the lines are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.signals import line_kernel
from aiops.signals.templates import OVERFLOW, Miner, MinerLimits

WORDS = "open closed user alice bob-7 disk 10.0.0.1 x=3 (a) [] /var/log/a Jul é".split(" ")  # noqa: SIM905
LINES = st.lists(
    st.one_of(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), st.text(max_size=40)), max_size=60
)


def texts(lines: list[str], limits: MinerLimits | None = None) -> list[str]:
    miner = Miner(limits)
    return [miner.template(number) for number in miner.resolve(miner.learn(lines)).tolist()]


@pytest.mark.parametrize(
    ("line", "template"),
    [
        ("took 31 ms", "took <*> ms"),
        ("took -3.5 ms.", "took <*> ms."),
        ("dropped 17.", "dropped <*>."),
        ("from 10.1.2.3:8080 to /10.1.2.4:9000", "from <*> to <*>"),
        ("at 0xdeadbeef flags deadbeefdead", "at <*> flags <*>"),
        ("order 6f1c2a9e-1111-2222-3333-444455556666 paid", "order <*> paid"),
        ("read /var/lib/data and/or not", "read <*> and/or not"),
        ("block blk_-42 size=67108864", "block <*> size=<*>"),
        ("at Fri Jun 17 07:07:00 2005", "at <*>"),
        ("mac 00:1b:FF:ea:10:0c up", "mac <*> up"),
        ("proxy.example.org:443 refused", "<*> refused"),
        ("ssh2 over jk2_init() was fine", "ssh2 over jk2_init() was fine"),
        ("GET   /a  200", "GET /a <*>"),
        ("", ""),
    ],
)
def test_variables_are_told_by_their_class_alone(line: str, template: str) -> None:
    assert texts([line]) == [template]


@pytest.mark.parametrize(
    ("lines", "template"),
    [
        (["to delete blk_17 blk_18", "to delete blk_19", "to delete blk_21, blk_31, blk_44"], "to delete <*>"),
        (["fans ( 3552 **** 3479 )", "fans ( 3552 3375 3479 )"], "fans ( <*> )"),
        (["sent 12 bytes ok", "sent 4552 bytes (4.44 KB) ok"], "sent <*> bytes ok"),
        (["sent 12 bytes", "sent 4552 bytes (4.44 KB)"], "sent <*> bytes"),
        (["lifetime 00:17", "lifetime <1 sec", "lifetime 01:02:03"], "lifetime <*>"),
        (["a mode=true, b", "a mode=false, b", "a mode=null, b"], "a mode=<*>, b"),
        (['lock tag="View Lock" ok', "lock tag=7 ok"], None),
        (['lock tag="View Lock" ok', 'lock tag="Job" ok'], 'lock tag="<*>" ok'),
        (["cache has 5.1 KB free", "cache has 317.0 MB free"], "cache has <*> <*> free"),
    ],
)
def test_what_a_value_is_made_of_does_not_decide_the_template(lines: list[str], template: str | None) -> None:
    found = set(texts(lines))
    assert found == {template} if template else len(found) == 2


def test_a_long_quotation_is_a_message() -> None:
    lines = ['msg="disk of the host is full"', 'msg="link of the host is down"']
    assert texts(lines) == lines


def test_words_that_say_what_is_done_are_no_names() -> None:
    for words in (
        ["started", "paused", "resumed", "stopped", "suspended"],
        ["starting", "pausing", "resuming", "stopping"],
        ["NEW", "RUNNING", "DONE", "LOST_NODE", "KILLED"],
    ):
        lines = [f"the machine of node-17 is {word} by request" for word in words]
        assert len(set(texts(lines))) == len(words)


def test_a_name_is_a_variable_from_the_second_on() -> None:
    assert set(texts(["host db-a is down", "host db-b is down"])) == {"host <*> is down"}


def test_a_plain_word_is_a_variable_only_from_the_fourth_on() -> None:
    lines = [f"session for {user} was opened today" for user in ("ann", "bob", "cy", "dan")]
    assert set(texts(lines[:3])) == set(lines[:3])
    assert set(texts(lines)) == {"session for <*> was opened today"}


def test_opened_and_closed_stay_apart() -> None:
    lines = ["session opened for user 1", "session closed for user 2", "session opened for user 3"]
    assert texts(lines) == ["session opened for user <*>", "session closed for user <*>", "session opened for user <*>"]


def test_an_empty_pair_of_brackets_is_its_content_missing() -> None:
    assert set(texts(["from a-1 (h-1) ok", "from a-1 () ok"])) == {"from <*> (<*>) ok"} or set(
        texts(["from 11 (22) ok", "from 33 () ok"])
    ) == {"from <*> (<*>) ok"}


@pytest.mark.parametrize("head", ["", "go "])
def test_unlike_lines_never_collapse_into_wildcards_alone(head: str) -> None:
    rng = np.random.default_rng(0)
    letters = list("ghijklmnopqrstuvwxyz")
    lines = [head + " ".join("".join(rng.choice(letters, 5)) for _ in range(6)) for _ in range(2000)]
    lines += ["payment accepted for order 7", "disk full"]
    miner = Miner()
    numbers = miner.learn(lines)
    assert miner.template(int(numbers[-2])) == "payment accepted for order <*>"
    assert miner.template(int(numbers[-1])) == "disk full"
    assert max(miner.template(number).split().count("<*>") for number in range(1, len(miner))) <= 2


def test_tokens_that_differ_in_punctuation_stay_apart() -> None:
    assert texts(["address: 7", "address space 7"]) == ["address: <*>", "address space <*>"]


@settings(max_examples=60, deadline=None)
@given(lines=LINES, cuts=st.lists(st.integers(0, 60), max_size=5))
def test_any_split_into_batches_gives_the_same_numbers(lines: list[str], cuts: list[int]) -> None:
    whole, parted = Miner(), Miner()
    expected = whole.learn(lines).tolist()
    edges = sorted({0, len(lines), *(cut for cut in cuts if cut < len(lines))})
    found = [n for a, b in itertools.pairwise(edges) for n in parted.learn(lines[a:b]).tolist()]
    assert found == expected
    assert whole.snapshot() == parted.snapshot()
    assert [whole.name(n) for n in expected] == [parted.name(n) for n in found]


@settings(max_examples=60, deadline=None)
@given(before=LINES, after=LINES)
def test_a_restored_miner_goes_on_as_if_nothing_had_happened(before: list[str], after: list[str]) -> None:
    first = Miner()
    first.learn(before)
    second = Miner()
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    assert second.learn(after).tolist() == first.learn(after).tolist()
    assert second.snapshot() == first.snapshot()
    assert [second.template(i) for i in range(len(second))] == [first.template(i) for i in range(len(first))]


def test_restore_holds_past_every_growth_of_the_arrays() -> None:
    rng = np.random.default_rng(3)
    lines = [f"{'ghijklmn'[i % 8] * (1 + i % 60)} {rng.integers(9)} " + "word " * (i % 40) for i in range(4000)]
    first = Miner(MinerLimits(shapes=1024))
    first.learn(lines)
    second = Miner(MinerLimits(shapes=1024))
    second.restore(first.snapshot())
    assert second.learn(lines[::-1]).tolist() == first.learn(lines[::-1]).tolist()
    assert second.snapshot() == first.snapshot()


def test_only_parts_that_changed_are_encoded_anew() -> None:
    miner = Miner()
    miner.learn([f"{'gh'[i % 2] * (i + 1)} started" for i in range(400)])
    before = miner.snapshot()
    assert all(miner.snapshot()[name] is part for name, part in before.items())
    miner.learn([f"{'gh'[i % 2] * (i + 1)} started" for i in range(400)])
    assert all(miner.snapshot()[name] is part for name, part in before.items())
    miner.learn(["something else entirely happened"])
    changed = {name for name, part in miner.snapshot().items() if before.get(name) is not part}
    assert changed == {"head", "templates-00003", "shapes-00000"}


def test_a_state_of_another_format_is_refused() -> None:
    miner = Miner()
    parts = miner.snapshot()
    with pytest.raises(ValueError, match="format 99"):
        miner.restore({**parts, "head": b"\x63\0\0\0" + parts["head"][4:]})


def test_names_depend_on_the_text_alone() -> None:
    one, other = Miner(), Miner()
    one.learn(["x 1", "user 5 logged in"])
    other.learn(["user 77 logged in"])
    assert one.name(2) == other.name(1)
    assert len(one.name(2)) == 8
    assert one.number(one.name(2)) == 2
    assert one.number("no such id") is None


def test_past_the_cap_lines_join_the_most_similar_or_the_overflow() -> None:
    miner = Miner(MinerLimits(templates=3))
    numbers = miner.learn(["a b c d e", "f g", "h", "a b c d x", "entirely new words here"]).tolist()
    assert len(miner) == 4
    assert numbers[3] == numbers[0]
    assert numbers[4] == OVERFLOW
    assert miner.template(OVERFLOW) == "<*>"


def test_a_full_table_of_shapes_changes_no_template() -> None:
    lines = [f"{'ghijklmn'[i % 8] * (1 + i % 50)} ran" for i in range(5000)]
    small, large = Miner(MinerLimits(shapes=1024)), Miner()
    mixed = [f"{line} {i % 1500 * 'z'}" for i, line in enumerate(lines)]
    assert [small.template(n) for n in small.learn(mixed)] == [large.template(n) for n in large.learn(mixed)]


@pytest.mark.parametrize(
    "line",
    [b"\x00" * 5000, bytes(range(256)) * 50, b"a" * 1_000_000, b"1 " * 500_000, b"(" * 9000, b"()" * 9000, b".", b"...",
     b" \t ", b"\xff\xfe", b"a\nb\nc", b"x" * line_kernel.MAX_BYTES + b"tail", b"\xf0\x9f\x98" * 1400],
)  # fmt: skip
def test_hostile_lines_are_templates_like_any_other(line: bytes) -> None:
    miner = Miner()
    numbers = miner.learn([line, b"ok 5", line]).tolist()
    assert numbers[0] == numbers[2] != numbers[1]
    assert len(miner.template(numbers[0])) <= 4 * line_kernel.MAX_BYTES
    assert miner.template(numbers[1]) == "ok <*>"


def test_newlines_inside_a_line_are_spaces() -> None:
    miner = Miner()
    numbers = miner.learn(["error\n  at main 3", "error at main 4", "b"]).tolist()
    assert numbers[0] == numbers[1] != numbers[2]


def test_lone_surrogates_are_taken() -> None:
    assert len(texts(["bad \ud800 text", "fine"])) == 2


def test_a_line_outside_the_buffer_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        Miner().learn_buffer(b"abc", np.array([0]), np.array([4]))
    with pytest.raises(ValueError, match="outside"):
        Miner().learn_buffer(b"abc", np.array([3]), np.array([1]))


def test_a_number_that_was_never_given_is_refused() -> None:
    with pytest.raises(IndexError):
        Miner().template(1)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_equal_masked_hashes_are_cut_alike(one: bytes, other: bytes) -> None:
    """The first look may only say "known" of lines that the tree would treat alike."""
    cuts = []
    for line in (one.replace(b"\n", b" "), other.replace(b"\n", b" ")):
        buffer = np.frombuffer(line + b"\n", np.uint8)
        tokens = np.zeros(line_kernel.MAX_TOKENS, np.uint64)
        bounds = np.zeros((line_kernel.MAX_TOKENS, 4), np.int32)
        n = line_kernel.cut(buffer, 0, len(line), line_kernel.TABLES, tokens, bounds)
        cuts.append((int(line_kernel.masked_hash(buffer, 0, len(line), line_kernel.TABLES)), tokens[:n].tolist()))
    if cuts[0][0] == cuts[1][0]:
        assert cuts[0][1] == cuts[1][1]
