"""PyTorch for lesions.ts: for each lesion the units of one layer are set to 0 and all examples are run again.

Reads one JSON request: {"folder" with weight0, bias0 … and inputs as raw float32, "shape", "examples", "layers", "lesions",
"threads"}; answers {"milliseconds" a lesion, "accuracies" against the intact answers}.
"""
import json
import sys
import time

import numpy as np
import torch
from torch.nn import functional

request = json.load(sys.stdin)
torch.set_num_threads(request["threads"])
torch.set_grad_enabled(False)


def stored(name, shape):
    return torch.from_numpy(np.fromfile(f"{request['folder']}/{name}", np.float32).reshape(shape))


inputs = stored("inputs", [request["examples"], *request["shape"]])
steps = []
for layer in request["layers"]:
    at = sum("weight" in step for step in steps)
    if "shape" in layer:
        weight = stored(f"weight{at}", layer["shape"])
        steps.append({"kind": layer["kind"], "weight": weight, "bias": stored(f"bias{at}", [len(weight)])})
    else:
        steps.append(layer)
last = max(at for at, step in enumerate(steps) if "weight" in step)


def answers(batch, lesion=None):
    values, layer = batch, 0
    for at, step in enumerate(steps):
        if step["kind"] == "max-pool":
            values = functional.max_pool2d(values, step["size"])
        elif step["kind"] == "flatten":
            values = values.flatten(1)
        else:
            if step["kind"] == "dense":
                values = functional.linear(values, step["weight"], step["bias"])
            else:
                values = functional.conv2d(values, step["weight"], step["bias"], padding="same")
            if at < last:
                values = values.relu_()
            if lesion is not None and lesion["layer"] == layer:
                values[:, lesion["units"]] = 0
            layer += 1
    return values.argmax(1)


def all_answers(lesion=None):
    return torch.cat([answers(batch, lesion) for batch in inputs.split(1000)])


intact = all_answers()
started = time.perf_counter()
accuracies = [(all_answers(lesion) == intact).float().mean().item() for lesion in request["lesions"]]
seconds = time.perf_counter() - started
print(json.dumps({"milliseconds": 1000 * seconds / len(accuracies), "accuracies": accuracies}))
