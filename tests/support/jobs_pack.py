"""A pack that shares no name with the shipped one: workers that take jobs from a queue."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "queries/workers.py": '''"""What workers export, and how many jobs wait."""

from monitoring_kit import State, gauge, prom, source

WORKERS = source(
    "the workers' /metrics", adds="namespace job shard", scope='{namespace="$namespace", job="$service"}'
)
QUEUE = gauge("queue_length", labels="queue", source=WORKERS, help="Jobs that wait.")

waiting_jobs = State(
    title="Waiting jobs",
    description="Jobs that no worker has taken.",
    by="namespace queue",
    prometheus=prom.Gauge(gauge="queue_length", combine="sum"),
)
''',
    "rules/jobs.py": '''"""When too many jobs wait."""

from monitoring_kit import COUNT, Alert, above
from queries.workers import waiting_jobs

JobsWait = Alert(
    waiting_jobs,
    above(warning=100 * COUNT, for_="10m", because="the workers take 10 minutes for a hundred"),
    team="batch",
    summary="has {value} jobs that wait",
)
''',
    "dashboards/jobs.py": '''"""Whether the workers keep up."""

from monitoring_kit import Backend, Dashboard, Row
from queries.workers import waiting_jobs

jobs = Dashboard(
    title="Jobs",
    description="Do the workers keep up?",
    backends=(Backend.PROMETHEUS,),
    variables="namespace queue",
    rows=(Row("Do they keep up?", waiting_jobs.timeseries(12)),),
)
''',
    "rules/runbooks/JobsWait.md": """## Meaning

More than a hundred jobs wait.

## Impact

Reports are late.

## Diagnosis

Look at which queue it is:

```promql
sum by (queue) (queue_length)
```

## Mitigation

Start more workers.
""",
}

ENVIRONMENT = """\
title: Batch
grafana_url: https://graphs.batch.test
runbooks_url: https://pages.batch.test/build/nightly/runbooks
prometheus:
  namespace: nightly
  workload: worker
  service: worker-metrics
  metrics_port: 9100
  scrape_interval: 15s
  evaluation_interval: 15s
  release: monitoring
"""


def write(folder: Path) -> None:
    """Writes the definitions of the pack below `folder`."""
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
