"""The run of an executor: what is different where futures have the results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NoReturn

from nbparallel.engine.open_run import OpenRun
from nbparallel.errors import UsageError
from nbparallel.faces.submitted import Held
from nbparallel.records.columns import Columns


class ExecutorRun(OpenRun[Any]):
    """The run of an executor, whose results belong to those who hold the futures."""

    def columns(self) -> Columns:
        """Return every cell, with the results whose futures somebody holds."""
        found = super().columns()
        return replace(found, results=[*map(_looked_up, found.results)])

    def retry(
        self,
        tasks: Iterable[int] | None = None,  # noqa: ARG002 # as there
        *,
        block: bool | None = None,  # noqa: ARG002
    ) -> NoReturn:
        """Refuse: a future tells once how its call has ended.

        Raises
        ------
        UsageError
            Always.
        """
        message = (
            "a call of an executor cannot be retried: its future has told how it "
            "ended. Submit it again, or write Executor(retries=2)"
        )
        raise UsageError(message)

    def _outcomes(self, rows: Iterator[Any]) -> Iterator[tuple[Any, Any, Any]]:
        for item, result, error in super()._outcomes(rows):
            yield item, _looked_up(result), error


def _looked_up(result: Any) -> Any:
    return result.look_up() if isinstance(result, Held) else result
