"""Measures what the README promises: `make bench`, or `python -m benchmarks`."""

import os
from pathlib import Path

# The names that a deployment would set; measuring needs no resources behind them.
for _name, _value in {
    "AWS_REGION": "us-east-1",
    "SIGHTLINE_ACCOUNT": "123456789012",
    "SIGHTLINE_TABLE": "sightline-bench",
    "SIGHTLINE_BUCKET": "sightline-bench",
    "SIGHTLINE_KEYS": "sightline-bench/keys",
    "SIGHTLINE_MODELS": str(Path(__file__).resolve().parents[1] / "layers" / "models"),
}.items():
    os.environ.setdefault(_name, _value)
