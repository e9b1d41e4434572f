"""The bandwidth bench of notebook 02: how wide should a Gaussian be?"""

from lab.widgets.bench.shell import Bench

__all__ = ["Bench"]
