"""Random well-typed expressions."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from monitoring_kit.core.durations import Duration
from monitoring_kit.promql.tree import (
    Aggregation,
    Binary,
    Call,
    Expression,
    GrafanaInterval,
    Matcher,
    Matching,
    Negation,
    NumberLiteral,
    QueryEdge,
    RangeSelector,
    Selector,
    StringLiteral,
    Subquery,
)

ARITHMETIC = ("+", "-", "*", "/", "%", "^", "atan2")
COMPARISON = ("==", "!=", "<", "<=", ">", ">=")
SETS = ("and", "or", "unless")

label_names = st.sampled_from(["job", "le", "by", "on", "a_1", "offset"])
label_lists = st.lists(label_names, max_size=3, unique=True).map(tuple)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=6)
patterns = st.sampled_from(["", "a|b", "$pods", "a\\.b", "x.+", '"', "\\\\", "[a-z]{3}"])
durations = st.integers(1, 40 * 86400).map(Duration)
windows = durations | st.sampled_from(GrafanaInterval)
offsets = st.just(0) | st.integers(-100_000, 100_000)
ats = st.none() | st.sampled_from(QueryEdge) | st.integers(0, 2_000_000_000_000).map(lambda ms: Decimal(ms) / 1000)
numbers = (
    (st.floats().map(repr) | st.sampled_from(["0.05", "0.005", "1e-7", "1e21", "0"])).map(Decimal).map(NumberLiteral)
)
matchers = st.builds(Matcher, label_names, st.sampled_from(["=", "!="]), texts) | st.builds(
    Matcher, label_names, st.sampled_from(["=~", "!~"]), patterns
)
metrics = st.sampled_from(["up", "a:b:c", "http_requests_total", ":x", "sum", "offset", "by", "start", "group", "_"])
selectors = st.builds(Selector, metrics, st.lists(matchers, max_size=3).map(tuple), offsets, ats) | st.builds(
    Selector, st.just(""), st.just((Matcher("__name__", "=", "on"),)), offsets, ats
)
groupings = st.sampled_from(["by", "without"])
range_selectors = st.builds(RangeSelector, selectors, windows)
matchings = st.builds(Matching, st.sampled_from(["on", "ignoring"]), label_lists)
# Labels that are matched on cannot be included from the other side as well.
group_matchings = st.builds(
    Matching,
    st.just("on"),
    st.just(("job",)),
    st.sampled_from(["left", "right"]),
    st.lists(st.sampled_from(["le", "by"]), max_size=2, unique=True).map(tuple),
)

scalars: st.SearchStrategy[Expression] = st.recursive(
    numbers | st.just(Call("time")),
    lambda inner: (
        st.builds(Binary, st.sampled_from(ARITHMETIC), inner, inner)
        | st.builds(Binary, st.sampled_from(COMPARISON), inner, inner, st.just(True))
        | st.builds(Negation, inner)
    ),
    max_leaves=4,
)


def _grow(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    ranges = range_selectors | st.builds(Subquery, inner, windows, st.none() | windows, offsets, ats)
    plain = st.sampled_from(["sum", "min", "avg", "count", "group", "stddev"])
    with_parameter = st.sampled_from(["topk", "bottomk", "quantile"])
    aggregations = (
        st.builds(Aggregation, plain, inner)
        | st.builds(Aggregation, plain, inner, groupings, label_lists)
        | st.builds(Aggregation, with_parameter, inner, parameter=scalars)
        | st.builds(Aggregation, with_parameter, inner, groupings, label_lists, scalars)
    )
    calls = (
        st.builds(lambda function, argument: Call(function, (argument,)), st.sampled_from(["rate", "delta"]), ranges)
        | st.builds(lambda q, argument: Call("histogram_quantile", (q, argument)), scalars, inner)
        | st.builds(lambda text, v: Call("label_join", (v, StringLiteral("x"), StringLiteral(text))), texts, inner)
        | st.builds(lambda number: Call("vector", (number,)), scalars)
    )
    binaries = (
        st.builds(
            Binary, st.sampled_from(ARITHMETIC), inner, inner, st.just(False), st.none() | matchings | group_matchings
        )
        | st.builds(Binary, st.sampled_from(ARITHMETIC), inner, scalars)
        | st.builds(Binary, st.sampled_from(ARITHMETIC), scalars, inner)
        | st.builds(Binary, st.sampled_from(COMPARISON), inner, inner, st.booleans(), st.none() | group_matchings)
        | st.builds(Binary, st.sampled_from(SETS), inner, inner, st.just(False), st.none() | matchings)
    )
    return aggregations | calls | binaries | st.builds(Negation, inner)


vectors: st.SearchStrategy[Expression] = st.recursive(selectors, _grow, max_leaves=8)
expressions = vectors | scalars | range_selectors
