"""Values that a person may write into an environment file reach no output as syntax, however hostile or long."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.support.project import edit, files_of, run

HOSTILE = {
    "quotes": "a\"b'c",
    "backslash": "a\\b",
    "dollar": "$namespace",
    "template": "{{ $labels.pod }}",
    "jinja": "{% raw %}",
    "arm expression": "[resourceId('x')]",
    "regular expression": "ml.*|.+",
    "yaml": "a: [b, c]",
    "kusto": 'x" | union * //',
    "promql": 'x"} or vector(1) #',
    "newline": "a\\nb",
    "very long": "a" * 300,
    "empty": "",
    "not ascii": "modèle",
}
FIELDS = {
    "namespace": "  namespace: production",
    "workload": "  workload: ml-inference",
    "service": "  service: ml-inference-metrics",
    "release": "  release: prometheus",
    "grafana_url": "grafana_url: https://grafana.example.com",
    "short_name": "    short_name: ml-serving",
    "webhooks": "      - pager_oncall",
    "location": "  location: westeurope",
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_value_is_refused_in_every_field_at_once(project: Path, value: str) -> None:
    environment = project / "environments" / "production.yaml"
    (project / "environments" / "staging.yaml").unlink()
    for line in FIELDS.values():
        head = line[: line.rindex(" ") + 1]
        edit(environment, line, f"{head}{json.dumps(value, ensure_ascii=False)}")
    done = run("build", project=project)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for field in FIELDS:
        assert field in done.stderr, field
    assert not list((project / "build").rglob("*.yaml"))


def test_a_hostile_reason_for_switching_an_alert_off_lands_as_text(project: Path) -> None:
    environment = project / "environments" / "production.yaml"
    reason = "<script>|[x](javascript:y)`{{ z }}`$namespace"
    environment.write_text(
        f"{environment.read_text()}\nalerts:\n  ModelTrafficStopped:\n    disabled: {json.dumps(reason)}\n"
    )
    done = run("build", project=project)
    assert done.returncode == 0, done.stderr
    index = (project / "build/production/index.md").read_text()
    assert "<script>" not in index
    assert "[x](javascript:" not in index
    assert r"\<script\>\|\[x\]" in index


LONGEST = {
    "namespace: production": f"namespace: {'n' * 63}",
    "workload: ml-inference": f"workload: {'w' * 46}",
    "service: ml-inference-metrics": f"service: {'s' * 63}",
    "release: prometheus": f"release: {'r' * 53}",
    "/build/production/runbooks": f"/build/{'e' * 20}/runbooks",
    "https://grafana.example.com": f"https://{'g' * 60}.example.com/{'p' * 100}",
    "short_name: ml-serving": f"short_name: {'s' * 12}",
}


def test_the_longest_values_that_are_allowed_build_and_are_accepted(project: Path) -> None:
    (project / "environments" / "staging.yaml").unlink()
    environment = project / "environments" / f"{'e' * 20}.yaml"
    text = (project / "environments" / "production.yaml").read_text()
    (project / "environments" / "production.yaml").unlink()
    for short, long in LONGEST.items():
        text = text.replace(short, long)
    environment.write_text(text)
    done = run("build", project=project)
    assert done.returncode == 0, done.stderr
    assert re.search(r"promtool accepted \d+ rules\.", done.stdout)
    for path, content in files_of(project / "build").items():
        if path.endswith(".json"):
            json.loads(content)
        elif path.endswith(".yaml"):
            assert all(document for document in yaml.safe_load_all(content))
