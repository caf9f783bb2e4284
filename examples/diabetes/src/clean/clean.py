"""Drop rows that cannot be right, and say how many there were."""

import argparse
from pathlib import Path

import mlflow
import pandas


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--measurements", type=Path, required=True)
    parser.add_argument("--lowest-bmi", type=float, required=True)
    parser.add_argument("--cleaned", type=Path, required=True)
    options = parser.parse_args()

    table = pandas.read_csv(options.measurements)
    cleaned = table.dropna().drop_duplicates()
    cleaned = cleaned[cleaned["bmi"] >= options.lowest_bmi]
    cleaned.to_csv(options.cleaned / "measurements.csv", index=False)

    mlflow.log_metrics({"rows_read": len(table), "rows_kept": len(cleaned)})
    print(f"kept {len(cleaned)} of {len(table)} rows")


if __name__ == "__main__":
    main()
