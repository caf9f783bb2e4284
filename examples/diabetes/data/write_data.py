"""Write the diabetes data set that ships inside scikit-learn (Efron et al., 2004) as a CSV file."""

from pathlib import Path

from sklearn.datasets import load_diabetes


def main() -> None:
    bunch = load_diabetes(as_frame=True, scaled=False)
    table = bunch.frame.rename(columns={"target": "progression"})
    path = Path(__file__).parent / "diabetes.csv"
    table.to_csv(path, index=False)
    print(f"wrote {len(table)} rows to {path}")


if __name__ == "__main__":
    main()
