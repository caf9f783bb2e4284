"""Fit a ridge regression, measure it on rows it has not seen, and log all of it with MLflow."""

import argparse
from pathlib import Path

import matplotlib
import mlflow
import mlflow.sklearn
import pandas
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split

matplotlib.use("agg")
from matplotlib import pyplot


def plot_predictions(truth, predictions):
    figure, axes = pyplot.subplots(figsize=(5, 5))
    axes.scatter(truth, predictions, s=12)
    limits = [min(truth), max(truth)]
    axes.plot(limits, limits, color="grey", linewidth=1)
    axes.set_xlabel("progression measured")
    axes.set_ylabel("progression predicted")
    return figure


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--normalised", type=Path, required=True)
    parser.add_argument("--test-share", type=float, required=True)
    parser.add_argument("--regularisation", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--note", default="")
    parser.add_argument("--model", type=Path, required=True)
    options = parser.parse_args()

    table = pandas.read_csv(options.normalised / "measurements.csv")
    features, target = table.drop(columns="progression"), table["progression"]
    fit_on, test_on, fit_target, test_target = train_test_split(
        features, target, test_size=options.test_share, random_state=options.seed
    )

    mlflow.log_params({"regularisation": options.regularisation, "test_share": options.test_share})
    model = Ridge(alpha=options.regularisation).fit(fit_on, fit_target)
    predictions = model.predict(test_on)

    mlflow.log_metric("r2", r2_score(test_target, predictions))
    mlflow.log_metric("mean_absolute_error", mean_absolute_error(test_target, predictions))
    for rows in range(50, len(fit_on) + 1, 50):
        part = Ridge(alpha=options.regularisation).fit(fit_on[:rows], fit_target[:rows])
        mlflow.log_metric("r2_by_rows", r2_score(test_target, part.predict(test_on)), step=rows)

    mlflow.log_figure(plot_predictions(test_target, predictions), "predictions.png")
    mlflow.sklearn.log_model(model, name="model", input_example=test_on.head(2))
    mlflow.sklearn.save_model(model, str(options.model))
    score = r2_score(test_target, predictions)
    print(f"r2 {score:.3f} on {len(test_on)} rows not seen in training")


if __name__ == "__main__":
    main()
