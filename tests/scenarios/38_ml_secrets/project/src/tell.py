import base64
import os

password = os.environ["PASSWORD"]
print("password", password, base64.b64encode(password.encode()).decode())
print("token", os.environ["PENSTOCK_TOKEN"], os.environ["MLFLOW_TRACKING_TOKEN"])
raise RuntimeError(f"cannot log in with {password}")
