"""Small Azure ML projects as files, in the shape of those whose requests were recorded."""

from __future__ import annotations

from pathlib import Path

_COMMAND_SCHEMA = (
    "$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json\n"
)
_PIPELINE_SCHEMA = (
    "$schema: https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json\n"
)
_SKLEARN = "environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest\n"

TRAIN_SCORE_EVAL = {
    "pipeline.yml": """
type: pipeline
display_name: 1a_e2e_local_components
description: Dummy train-score-eval pipeline with local components
inputs:
  pipeline_job_training_max_epocs: 20
  pipeline_job_training_learning_rate: 1.8
  pipeline_job_learning_rate_schedule: 'time-based'
outputs:
  pipeline_job_trained_model: {mode: upload}
  pipeline_job_evaluation_report: {mode: upload}
jobs:
  train_job:
    type: command
    component: ./train.yml
    compute: azureml:cpu-cluster
    inputs:
      training_data: {type: uri_folder, path: ./data}
      max_epocs: ${{parent.inputs.pipeline_job_training_max_epocs}}
      learning_rate: ${{parent.inputs.pipeline_job_training_learning_rate}}
      learning_rate_schedule: ${{parent.inputs.pipeline_job_learning_rate_schedule}}
    outputs:
      model_output: ${{parent.outputs.pipeline_job_trained_model}}
  score_job:
    compute: azureml:cpu-cluster
    component: ./score.yml
    inputs:
      model_input: ${{parent.jobs.train_job.outputs.model_output}}
      test_data: {type: uri_folder, path: ./data}
    outputs:
      score_output: {mode: upload}
  evaluate_job:
    type: command
    compute: azureml:cpu-cluster
    component: ./eval.yml
    inputs:
      scoring_result: ${{parent.jobs.score_job.outputs.score_output}}
    outputs:
      eval_output: ${{parent.outputs.pipeline_job_evaluation_report}}
""",
    "train.yml": _COMMAND_SCHEMA
    + "name: train\ndisplay_name: Train\nversion: 1\ntype: command\n"
    + """
inputs:
  training_data: {type: uri_folder}
  max_epocs: {type: integer}
  learning_rate: {type: number, default: 0.01}
  learning_rate_schedule: {type: string, default: time-based}
outputs:
  model_output: {type: uri_folder}
code: ./train_src
command: >-
  python train.py
  --training_data ${{inputs.training_data}}
  --max_epocs ${{inputs.max_epocs}}
  --learning_rate ${{inputs.learning_rate}}
  --learning_rate_schedule ${{inputs.learning_rate_schedule}}
  --model_output ${{outputs.model_output}}
"""
    + _SKLEARN,
    "score.yml": _COMMAND_SCHEMA
    + "name: score\ndisplay_name: Score\nversion: 1\ntype: command\n"
    + """
inputs:
  model_input: {type: uri_folder}
  test_data: {type: uri_folder}
outputs: {score_output: {type: uri_folder}}
code: ./score_src
command: >-
  python score.py
  --model_input ${{inputs.model_input}}
  --test_data ${{inputs.test_data}}
  --score_output ${{outputs.score_output}}
"""
    + _SKLEARN,
    "eval.yml": _COMMAND_SCHEMA
    + "name: eval\ndisplay_name: Eval\nversion: 1\ntype: command\n"
    + """
inputs: {scoring_result: {type: uri_folder}}
outputs: {eval_output: {type: uri_folder}}
code: ./eval_src
command: >-
  python eval.py
  --scoring_result ${{inputs.scoring_result}}
  --eval_output ${{outputs.eval_output}}
"""
    + _SKLEARN,
    "train_src/train.py": "",
    "score_src/score.py": "",
    "eval_src/eval.py": "",
    "data/a.csv": "1,2\n",
}

INLINE = {
    "pipeline.yml": """
type: pipeline
display_name: hello_pipeline_io
jobs:
  hello_job:
    command: echo "hello" && echo "world" > ${{outputs.world_output}}/world.txt
    compute: azureml:cpu-cluster
    environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest
    outputs:
      world_output:
  world_job:
    command: cat ${{inputs.world_input}}/world.txt
    environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest
    compute: azureml:cpu-cluster
    inputs:
      world_input: ${{parent.jobs.hello_job.outputs.world_output}}
""",
}

CUSTOM_OUTPUT = {
    "pipeline.yml": """
type: pipeline
display_name: hello_pipeline_customize_output_file
outputs:
  output:
    type: uri_file
    path: azureml://datastores/workspaceblobstore/paths/${{name}}/hello_world.txt
    mode: rw_mount
jobs:
  hello_world:
    command: echo "hello" && echo "world" > ${{outputs.output}}
    compute: azureml:cpu-cluster
    environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest
    outputs:
      output: ${{parent.outputs.output}}
""",
}

CONDA = {
    "pipeline.yml": """
type: pipeline
display_name: 5c_env_conda_file
description: Pipeline job with component using environment defined by a conda file
jobs:
  hello_python_world_job:
    type: command
    component: ./component.yml
    compute: azureml:cpu-cluster
""",
    "component.yml": _COMMAND_SCHEMA
    + """
name: hello_python_world
display_name: Hello_Python_World
version: 1
type: command
code: ./src
environment:
  conda_file: ./conda.yaml
  image: mcr.microsoft.com/azureml/openmpi5.0-cuda12.4-ubuntu22.04:latest
command: python hello.py
""",
    "conda.yaml": """
name: demo_env
channels: [conda-forge]
dependencies:
  - python=3.8
  - pip
  - pip: [pyjokes]
""",
    "src/hello.py": "",
}

TAXI = {
    "pipeline.yml": """
type: pipeline
display_name: nyc_taxi_data_regression
description: Train regression model based on nyc taxi dataset
settings:
  default_compute: azureml:cpu-cluster
  default_datastore: azureml:workspaceblobstore
  continue_on_step_failure: false
inputs:
  pipeline_raw_data: {type: uri_folder, path: ./data}
  test_split_ratio: 0.2
  compute_train_node: cpu-cluster
outputs:
  pipeline_job_trained_model: {type: mlflow_model}
  pipeline_job_predictions: {type: uri_folder, mode: rw_mount}
  pipeline_job_score_report: {type: uri_folder, mode: rw_mount}
jobs:
  data_pipeline:
    type: pipeline
    component: ./data_pipeline.yml
    inputs:
      raw_data: ${{parent.inputs.pipeline_raw_data}}
  train_pipeline:
    type: pipeline
    component: ./train_pipeline.yml
    inputs:
      train_data: ${{parent.jobs.data_pipeline.outputs.train_data}}
      compute_train_node: ${{parent.inputs.compute_train_node}}
    outputs:
      trained_model: ${{parent.outputs.pipeline_job_trained_model}}
      predictions: ${{parent.outputs.pipeline_job_predictions}}
      score_report: ${{parent.outputs.pipeline_job_score_report}}
""",
    "data_pipeline.yml": _PIPELINE_SCHEMA
    + """
type: pipeline
name: data_pipeline
display_name: pipeline component with data prep and transformation
description: pipeline component with data prep and transformation
version: 1
inputs: {raw_data: {type: uri_folder, optional: true}}
outputs: {train_data: {type: uri_folder}}
jobs:
  prep_job:
    type: command
    component: ./prep.yml
    inputs: {raw_data: "${{parent.inputs.raw_data}}"}
  transform_job:
    type: command
    component: ./transform.yml
    inputs: {clean_data: "${{parent.jobs.prep_job.outputs.prep_data}}"}
    outputs: {transformed_data: "${{parent.outputs.train_data}}"}
""",
    "train_pipeline.yml": _PIPELINE_SCHEMA
    + """
type: pipeline
name: train_pipeline
display_name: pipeline component with train, predict and score component
description: pipeline component with train, predict and score component
version: 1
inputs: {train_data: {type: uri_folder}, compute_train_node: {type: string}}
outputs:
  trained_model: {type: mlflow_model}
  predictions: {type: uri_folder}
  score_report: {type: uri_folder}
jobs:
  train_job:
    type: command
    component: ./train.yml
    compute: ${{parent.inputs.compute_train_node}}
    inputs: {train_data: "${{parent.inputs.train_data}}"}
    outputs: {model_output: "${{parent.outputs.trained_model}}", test_data: }
  predict_job:
    type: command
    component: ./predict.yml
    inputs:
      model_input: ${{parent.jobs.train_job.outputs.model_output}}
      test_data: ${{parent.jobs.train_job.outputs.test_data}}
    outputs: {predictions: "${{parent.outputs.predictions}}"}
  score_job:
    type: command
    component: ./score.yml
    inputs:
      predictions: ${{parent.jobs.predict_job.outputs.predictions}}
      model: ${{parent.jobs.train_job.outputs.model_output}}
    outputs: {score_report: "${{parent.outputs.score_report}}"}
""",
    "prep.yml": _COMMAND_SCHEMA
    + """
type: command
name: prep_taxi_data
display_name: PrepTaxiData
inputs: {raw_data: {type: uri_folder, optional: true}}
outputs: {prep_data: {type: uri_folder}}
code: ./prep_src
command: >-
  python prep.py
  $[[--raw_data ${{inputs.raw_data}}]]
  --prep_data ${{outputs.prep_data}}
"""
    + _SKLEARN,
    "transform.yml": _COMMAND_SCHEMA
    + """
type: command
name: transform
display_name: TaxiFeatureEngineering
inputs: {clean_data: {type: uri_folder}}
outputs: {transformed_data: {type: uri_folder}}
code: ./transform_src
command: >-
  python transform.py
  --clean_data ${{inputs.clean_data}}
  --transformed_data ${{outputs.transformed_data}}
"""
    + _SKLEARN,
    "train.yml": _COMMAND_SCHEMA
    + """
type: command
name: train
display_name: TrainLinearRegressionModel
inputs:
  train_data: {type: uri_folder}
  test_split_ratio: {type: number, min: 0, max: 1, default: 0.2}
outputs:
  model_output: {type: mlflow_model}
  test_data: {type: uri_folder}
code: ./train_src
command: >-
  python train.py
  --train_data ${{inputs.train_data}}
  --test_data ${{outputs.test_data}}
  --model_output ${{outputs.model_output}}
  --test_split_ratio ${{inputs.test_split_ratio}}
"""
    + _SKLEARN,
    "predict.yml": _COMMAND_SCHEMA
    + """
type: command
name: predict
display_name: PredictTaxiFares
inputs: {model_input: {type: mlflow_model}, test_data: {type: uri_folder}}
outputs: {predictions: {type: uri_folder}}
code: ./predict_src
command: >-
  python predict.py
  --model_input ${{inputs.model_input}}
  --test_data ${{inputs.test_data}}
  --predictions ${{outputs.predictions}}
"""
    + _SKLEARN,
    "score.yml": _COMMAND_SCHEMA
    + """
type: command
name: score
display_name: ScoreModel
inputs: {predictions: {type: uri_folder}, model: {type: mlflow_model}}
outputs: {score_report: {type: uri_folder}}
code: ./score_src
command: >-
  python score.py
  --predictions ${{inputs.predictions}}
  --model ${{inputs.model}}
  --score_report ${{outputs.score_report}}
"""
    + _SKLEARN,
    "prep_src/prep.py": "",
    "transform_src/transform.py": "",
    "train_src/train.py": "",
    "predict_src/predict.py": "",
    "score_src/score.py": "",
    "data/a.csv": "1\n",
}

COMMAND = {
    "job.yml": """
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: echo "hello world"
environment:
  image: library/python:latest
""",
}

DIABETES = {
    "job.yml": """
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
code: src
command: >-
  python train-model-parameters.py
  --training_data ${{inputs.training_data}}
  --reg_rate ${{inputs.reg_rate}}
  --metrics_output ${{outputs.metrics_output}}
inputs:
  training_data: {type: uri_folder, path: azureml:diabetes-folder@latest}
  reg_rate: 0.01
outputs:
  metrics_output: {type: uri_folder}
environment: azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest
compute: azureml:aml-cluster
experiment_name: diabetes-training
display_name: diabetes-train-command
description: diabetes training job
""",
    "src/train-model-parameters.py": "",
}

COMPONENT = {
    "component.yml": _COMMAND_SCHEMA
    + """
type: command
name: component_a
display_name: componentA
version: 1
inputs: {component_a_input: {type: uri_folder}}
outputs: {component_a_output: {type: uri_folder}}
code: ./componentA_src
environment: {image: python}
command: >-
  python hello.py
  --componentA_input ${{inputs.component_a_input}}
  --componentA_output ${{outputs.component_a_output}}
""",
    "componentA_src/hello.py": "",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write a project's files below a folder, and return that folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
