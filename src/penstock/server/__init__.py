"""HTTP only: Azure ML and ARM REST, MLflow, blobs."""
