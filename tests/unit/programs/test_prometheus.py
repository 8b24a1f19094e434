from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from monitoring_kit.core.durations import Duration
from monitoring_kit.programs.prometheus import PrometheusFailed, QueryFailed, Sample, backfill, query, serve

NOW = 1_700_000_000
OPENMETRICS = f"""\
# TYPE requests counter
requests_total{{job="a"}} 7 {NOW}
# EOF
"""


def listens(address: str) -> bool:
    with socket.socket() as probe:
        host, port = urlsplit(address).hostname, urlsplit(address).port
        return probe.connect_ex((host, port)) == 0


def test_backfilled_samples_are_served_and_the_server_is_gone_afterwards(tmp_path: Path) -> None:
    backfill(OPENMETRICS, tmp_path)

    with serve(tmp_path) as address:
        assert listens(address)
        assert query(address, "requests_total", NOW) == [Sample({"__name__": "requests_total", "job": "a"}, 7.0)]
        assert query(address, "1 / 0", NOW) == [Sample({}, float("inf"))]
        assert query(address, "nothing", NOW) == []
        with pytest.raises(QueryFailed, match="unclosed left parenthesis"):
            query(address, "sum(", NOW)
        with pytest.raises(QueryFailed, match="is a matrix"):
            query(address, "requests_total[5m]", NOW)

    assert not listens(address)


def test_a_block_spans_two_hours_or_as_long_as_it_may(tmp_path: Path) -> None:
    text = "# TYPE up gauge\n" + "".join(f"up 1 {hour * 3600}\n" for hour in range(18)) + "# EOF\n"
    blocks = {hours: tmp_path / str(hours) for hours in (2, 17, 18)}
    for hours, folder in blocks.items():
        backfill(text, folder, Duration(hours * 3600))
    backfill(text, tmp_path / "default")

    assert {hours: len(list(folder.iterdir())) for hours, folder in blocks.items()} == {2: 9, 17: 3, 18: 1}
    assert len(list((tmp_path / "default").iterdir())) == 9


def test_the_server_is_stopped_when_its_user_fails(tmp_path: Path) -> None:
    addresses = []
    with pytest.raises(ZeroDivisionError), serve(tmp_path) as address:
        addresses.append(address)
        raise ZeroDivisionError

    assert not listens(addresses[0])


def test_samples_that_promtool_cannot_read_are_refused_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(PrometheusFailed, match="expected timestamp for series"):
        backfill("requests_total 1\n", tmp_path)


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(PrometheusFailed, match="field scrape not found"), serve(tmp_path, "scrape: []\n"):
        pass
