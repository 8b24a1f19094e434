"""ModelVersionSkew: a model is served in more than one version for an hour."""

from tests.behaviour.alerts.case import SILENT, Case, Firing, Specification
from tests.behaviour.alerts.series import INFERENCER_POD, POD_A, POD_B, Pod, model_info
from tests.behaviour.alerts.timeline import GONE, For

WARNING = Firing(
    labels={
        "severity": "warning",
        "team": "ml-serving",
        "service": "ml-inference",
        "namespace": "production",
        "model_name": "churn",
    },
    summary="Model churn in production serves 2 versions at once.",
    description=(
        "Versions served at once: 2. Threshold: more than 1 for 1 hour. "
        "Why: a rollout takes minutes; after an hour it is stuck."
    ),
    runbook_url="https://git.example.com/ml-serving/monitoring/build/production/runbooks/ModelVersionSkew.md",
    dashboard_url=(
        "https://grafana.example.com/d/production-service?from=now-3h&to=now"
        "&var-namespace=production&var-model_name=churn&viewPanel=796288240"
    ),
)

POD_C = Pod("ml-inference-7c9d8b6f5d-klmno", "10.0.1.13", "aaaaaaaa-0000-4000-8000-000000000003")

OTHER_VERSIONS_ELSEWHERE = (
    model_info(1, version="1", namespace="staging"),
    model_info(1, version="2", namespace="staging"),
    model_info(1, version="1", job="batch-scoring-metrics"),
    model_info(1, version="2", job="batch-scoring-metrics"),
    model_info(1, version="1", job="ml-inferencer-metrics", pod=INFERENCER_POD),
)

MODEL_VERSION_SKEW = Specification(
    "ModelVersionSkew",
    noise=OTHER_VERSIONS_ELSEWHERE,
    cases=(
        Case(
            "two versions, when they have been there for an hour and not before",
            (model_info(1, version="3", pod=POD_A), model_info(1, version="4", pod=POD_B)),
            at={"60m": SILENT, "60m30s": (WARNING,)},
        ),
        Case(
            "three versions are three",
            (
                model_info(1, version="3", pod=POD_A),
                model_info(1, version="4", pod=POD_B),
                model_info(1, version="5", pod=POD_C),
            ),
            at={"60m": SILENT, "60m30s": (WARNING.with_value("3", instead_of="2"),)},
        ),
        Case(
            "the model with two versions, not the one beside it",
            (
                model_info(1, version="3", pod=POD_A),
                model_info(1, version="4", pod=POD_B),
                model_info(1, model="fraud", version="7", pod=POD_A),
                model_info(1, model="fraud", version="7", pod=POD_B),
            ),
            at={"60m": SILENT, "60m30s": (WARNING,)},
        ),
        Case(
            "silent with one version on several pods",
            (model_info(1, pod=POD_A), model_info(1, pod=POD_B), model_info(1, pod=POD_C)),
            at={"60m30s": SILENT, "70m": SILENT},
        ),
        Case(
            "silent with one version that was rebuilt with another framework",
            (model_info(1, framework="sklearn", pod=POD_A), model_info(1, framework="onnx", pod=POD_B)),
            at={"60m30s": SILENT, "70m": SILENT},
        ),
        Case(
            "silent with two models of one version each",
            (model_info(1, version="3"), model_info(1, model="fraud", version="4")),
            at={"60m30s": SILENT, "70m": SILENT},
        ),
        Case(
            "silent while no model is loaded",
            (),
            at={"60m30s": SILENT, "70m": SILENT},
        ),
        Case(
            "silent over a rollout of 55 minutes",
            (
                model_info(For(60, 1), GONE, version="3", pod=POD_A),
                model_info(For(5, GONE), 1, version="4", pod=POD_B),
            ),
            at={"59m30s": SILENT, "61m": SILENT, "66m": SILENT, "80m": SILENT},
        ),
        Case(
            "over when the old version is gone",
            (
                model_info(For(65, 1), GONE, version="3", pod=POD_A),
                model_info(1, version="4", pod=POD_B),
            ),
            at={"65m": (WARNING,), "66m": SILENT},
        ),
    ),
)
