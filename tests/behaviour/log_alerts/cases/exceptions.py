"""ModelExceptionsRaised: more than 5 exceptions within 15 minutes, looked at every 5."""

from tests.acceptance.kusto.variants import STAGING
from tests.behaviour.log_alerts.case import SILENT, LogCase, LogFiring, LogSpecification
from tests.behaviour.log_alerts.rows import ROLE, exceptions

FIRES = frozenset({LogFiring("warning", (ROLE,))})

MODEL_EXCEPTIONS_RAISED = LogSpecification(
    "ModelExceptionsRaised",
    STAGING,
    noise=(),
    cases=(
        LogCase("6 within 15 minutes", (exceptions((0, 15), 6 / 15),), at={10: SILENT, 15: FIRES}),
        LogCase("5 are not enough", (exceptions((0, 15), 5 / 15),), at={10: SILENT, 15: SILENT, 20: SILENT}),
        LogCase("silent without any row", (), at={15: SILENT}),
        LogCase("2 rows of a sampled table that stand for 6", (exceptions((0, 1), 2, stands_for=3),), at={5: FIRES}),
        LogCase("5 rows of which each stands for itself", (exceptions((0, 1), 5, stands_for=1),), at={5: SILENT}),
        LogCase(
            "3 and 3 within 15 minutes",
            (exceptions((1, 2), 3), exceptions((13, 14), 3)),
            at={5: SILENT, 10: SILENT, 15: FIRES, 20: SILENT},
        ),
        LogCase(
            "3 and 3 that are 15 minutes apart",
            (exceptions((1, 2), 3), exceptions((16, 17), 3)),
            at={5: SILENT, 15: SILENT, 20: SILENT, 25: SILENT},
        ),
        LogCase(
            "a burst is seen until it has left the window, wherever the clock stands",
            (exceptions((6, 7), 20),),
            at={5: SILENT, 10: FIRES, 15: FIRES, 20: FIRES, 25: SILENT},
        ),
        LogCase(
            "two roles are not added up",
            (exceptions((0, 1), 4), exceptions((0, 1), 4, role="another")),
            at={5: SILENT, 15: SILENT},
        ),
        LogCase(
            "the role that raises them is named",
            (exceptions((0, 1), 4), exceptions((0, 1), 6, role="another")),
            at={5: frozenset({LogFiring("warning", ("another",))})},
        ),
    ),
)
