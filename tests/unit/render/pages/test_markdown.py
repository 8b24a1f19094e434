from __future__ import annotations

import pytest

from monitoring_kit.render.pages.markdown import TEMPLATES, Markdown, code, escaped, fenced, link, sentence, table


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("fails 5% of its predictions", "fails 5% of its predictions"),
        ("model_name stays readable", "model_name stays readable"),
        ("_emphasis_", r"\_emphasis\_"),
        ("*bold* and `code`", r"\*bold\* and \`code\`"),
        ("<script> & <pod>", r"\<script\> \& \<pod\>"),
        ("[text](http://x)", r"\[text\](http://x)"),
        ("a | b", r"a \| b"),
        ("back\\slash", r"back\\slash"),
        ("two\nlines\n# heading", "two lines # heading"),
    ],
)
def test_a_text_from_outside_cannot_begin_anything(text: str, markdown: str) -> None:
    assert escaped(text) == markdown


def test_markdown_is_not_escaped_twice() -> None:
    assert escaped(Markdown("**bold**")) == "**bold**"


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("model_name", "`model_name`"),
        ("a `b` c", "``a `b` c``"),
        ("`b`", "`` `b` ``"),
        ("a|b", r"<code>a\|b</code>"),
    ],
)
def test_code_within_a_line_keeps_every_sign(text: str, markdown: str) -> None:
    assert code(text) == markdown


def test_a_block_of_code_is_not_ended_by_what_it_holds() -> None:
    assert fenced("```\nx", "promql") == "````promql\n```\nx\n````"


def test_an_address_cannot_leave_its_link() -> None:
    assert link("a]b", "https://x/>) y") == r"[a\]b](<https://x/%3E%29%20y>)"


def test_a_bar_does_not_end_the_cell_of_a_table() -> None:
    assert table(("A", "B"), [("x|y", code("z"))]) == "| A | B |\n| --- | --- |\n| x\\|y | `z` |"


def test_the_parts_of_a_sentence_are_joined_and_plain_ones_escaped() -> None:
    assert sentence("a*", code("b"), "", "c") == r"a\* `b` c"


def test_every_value_of_a_template_is_escaped() -> None:
    assert TEMPLATES.from_string("{{ value }}").render(value="<b>") == r"\<b\>"
