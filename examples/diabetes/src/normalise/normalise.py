"""Bring every measurement to the same scale; the target and the sex stay as they are."""

import argparse
from pathlib import Path

import mlflow
import pandas

UNSCALED = ("sex", "progression")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cleaned", type=Path, required=True)
    parser.add_argument("--method", choices=("standard", "range"), required=True)
    parser.add_argument("--normalised", type=Path, required=True)
    options = parser.parse_args()

    table = pandas.read_csv(options.cleaned / "measurements.csv")
    for name in table.columns.difference(UNSCALED):
        column = table[name]
        if options.method == "standard":
            table[name] = (column - column.mean()) / column.std()
        else:
            table[name] = (column - column.min()) / (column.max() - column.min())
    table.to_csv(options.normalised / "measurements.csv", index=False)

    mlflow.log_param("method", options.method)
    print(f"normalised {len(table.columns) - len(UNSCALED)} columns of {len(table)} rows")


if __name__ == "__main__":
    main()
