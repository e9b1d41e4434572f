"""Listening to every operation that torch carries out, and counting some."""

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode


class Listener(TorchDispatchMode):
    """Counts the operations for which ``counts`` is true, while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def counts(self, name: str, arguments: tuple[Any, ...]) -> bool:
        """Whether an operation, "sort" or the like, is one of those."""
        raise NotImplementedError

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Else torch loads its compiler to tell it that it is not wanted here: four seconds."""
        return False

    def __torch_dispatch__(
        self, operation: Any, types: Any, arguments: tuple[Any, ...] = (), options: dict[Any, Any] | None = None
    ) -> Any:
        self.count += self.counts(operation.overloadpacket.__name__, arguments)
        return operation(*arguments, **(options or {}))
