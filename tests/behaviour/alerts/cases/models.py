"""ModelVersionSkew: a model is served in more than one version for an hour."""

from monitoring_kit.testing.case import SILENT, Case, Question, specification
from monitoring_kit.testing.series import GONE, For
from tests.behaviour.alerts.firing import fires
from tests.behaviour.alerts.series import INFERENCER_POD, POD_A, POD_B, PodLabels, model_info

WARNING = fires(
    "ModelVersionSkew",
    "warning",
    {"model_name": "churn"},
    summary="Model churn in production serves 2 versions at once.",
    description=(
        "Versions served at once: 2. Threshold: more than 1 for 1 hour. "
        "Why: a rollout takes minutes; after an hour it is stuck."
    ),
    link="production-service?from=now-3h&to=now&var-namespace=production&var-model_name=churn&viewPanel=796288240",
)

POD_C = PodLabels("ml-inference-7c9d8b6f5d-klmno", "10.0.1.13", "aaaaaaaa-0000-4000-8000-000000000003")

OTHER_VERSIONS_ELSEWHERE = (
    model_info(1, version="1", namespace="staging"),
    model_info(1, version="2", namespace="staging"),
    model_info(1, version="1", job="batch-scoring-metrics"),
    model_info(1, version="2", job="batch-scoring-metrics"),
    model_info(1, version="1", job="ml-inferencer-metrics", pod=INFERENCER_POD),
)

MODEL_VERSION_SKEW = specification(
    "ModelVersionSkew",
    noise=OTHER_VERSIONS_ELSEWHERE,
    not_applicable={
        Question.RESET: "it reads no counter",
        Question.LOW_TRAFFIC: "a version is loaded or not, whatever is asked of it",
        Question.EARLIER: "its threshold does not look back",
    },
    cases=(
        Case(
            "two versions, when they have been there for an hour and not before",
            (model_info(1, version="3", pod=POD_A), model_info(1, version="4", pod=POD_B)),
            at={"60m": SILENT, "60m30s": (WARNING,)},
            answers=(Question.JUST_BAD, Question.INSTANCES),
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
            answers=(Question.GROUPS,),
        ),
        Case(
            "silent with one version on several pods",
            (model_info(1, pod=POD_A), model_info(1, pod=POD_B), model_info(1, pod=POD_C)),
            at={"60m30s": SILENT, "70m": SILENT},
            answers=(Question.JUST_GOOD,),
        ),
        Case(
            "silent with one version that was rebuilt with another framework",
            (model_info(1, framework="sklearn", pod=POD_A), model_info(1, framework="onnx", pod=POD_B)),
            at={"60m30s": SILENT, "70m": SILENT},
            answers=(Question.INSTANCES,),
        ),
        Case(
            "silent with two models of one version each",
            (model_info(1, version="3"), model_info(1, model="fraud", version="4")),
            at={"60m30s": SILENT, "70m": SILENT},
        ),
        Case(
            "silent while no model is loaded, and others have theirs",
            (),
            at={"60m30s": SILENT, "70m": SILENT},
            answers=(Question.FOREIGN, Question.NO_DATA),
        ),
        Case(
            "silent over a rollout of 55 minutes",
            (
                model_info(For(60, 1), GONE, version="3", pod=POD_A),
                model_info(For(5, GONE), 1, version="4", pod=POD_B),
            ),
            at={"59m30s": SILENT, "61m": SILENT, "66m": SILENT, "80m": SILENT},
            answers=(Question.BURST, Question.BORN_LATE),
        ),
        Case(
            "over when the old version is gone",
            (
                model_info(For(65, 1), GONE, version="3", pod=POD_A),
                model_info(1, version="4", pod=POD_B),
            ),
            at={"65m": (WARNING,), "66m": SILENT},
            answers=(Question.HOLD,),
        ),
    ),
)
