"""Unit tests of pipelines: `penstock test`, and the plug-in for pytest. Nothing is ever run."""
